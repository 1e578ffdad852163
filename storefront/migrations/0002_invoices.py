import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import storefront.models.owned
import storefront.money
import storefront.web_address


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0001_products"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=storefront.models.owned.new_public_id,
                        editable=False,
                        max_length=22,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                (
                    "date_added",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="date added"
                    ),
                ),
                (
                    "date_modified",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        verbose_name="date modified",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("New", "New"),
                            ("Processing", "Processing"),
                            ("Settled", "Settled"),
                            ("Expired", "Expired"),
                            ("Invalid", "Invalid"),
                        ],
                        default="New",
                        editable=False,
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "additional_status",
                    models.CharField(
                        choices=[
                            ("None", "None"),
                            ("Underpaid", "Underpaid"),
                            ("Overpaid", "Overpaid"),
                            ("PaidAfterExpiration", "Paid after expiration"),
                            ("Marked", "Marked"),
                        ],
                        default="None",
                        editable=False,
                        max_length=20,
                        verbose_name="additional status",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(editable=False, verbose_name="amount")),
                (
                    "paid_minor",
                    models.BigIntegerField(default=0, editable=False, verbose_name="paid"),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=4,
                        validators=[storefront.money.validate_currency],
                        verbose_name="currency",
                    ),
                ),
                ("order_id", models.CharField(blank=True, max_length=200, verbose_name="order id")),
                (
                    "buyer_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="buyer's email"),
                ),
                (
                    "redirect_url",
                    models.CharField(
                        blank=True,
                        max_length=2000,
                        validators=[storefront.web_address.validate_link],
                        verbose_name="redirect URL",
                    ),
                ),
                (
                    "redirect_automatically",
                    models.BooleanField(default=False, verbose_name="redirect automatically"),
                ),
                (
                    "referral_code",
                    models.CharField(blank=True, max_length=200, verbose_name="referral code"),
                ),
                (
                    "wallet_message",
                    models.CharField(blank=True, max_length=500, verbose_name="wallet message"),
                ),
                (
                    "payment_methods",
                    models.JSONField(blank=True, default=list, verbose_name="payment methods"),
                ),
                ("metadata", models.JSONField(blank=True, default=dict, verbose_name="metadata")),
                ("expires_at", models.DateTimeField(editable=False, verbose_name="expires at")),
                (
                    "archived_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="archived at"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="apikeys.store",
                        verbose_name="store",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "ordering": ("-date_added", "-pk"),
                "permissions": (("mark_invoice", "Can mark invoices as settled or invalid"),),
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["store", "-date_added", "-id"], name="invoice_newest_of_store"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["store", "order_id"], name="invoice_of_order"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("status", "New")), fields=["expires_at"], name="invoice_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="invoice_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["New", "Processing", "Settled", "Expired", "Invalid"])
                ),
                name="invoice_status_is_known",
            ),
        ),
    ]
