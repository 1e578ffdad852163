import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import storefront.models.owned
import storefront.web_address


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0002_invoices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
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
                    "url",
                    models.CharField(
                        max_length=2000,
                        validators=[storefront.web_address.validate_receiver],
                        verbose_name="URL",
                    ),
                ),
                ("events", models.JSONField(verbose_name="events")),
                (
                    "dialect",
                    models.CharField(
                        choices=[("coinsnap", "Coinsnap"), ("greenfield", "Greenfield")],
                        default="coinsnap",
                        max_length=10,
                        verbose_name="dialect",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("enabled", "Enabled"), ("disabled", "Disabled")],
                        default="enabled",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "disabled_reason",
                    models.CharField(
                        blank=True, editable=False, max_length=500, verbose_name="reason"
                    ),
                ),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="deleted at"
                    ),
                ),
                ("sealed", models.TextField(editable=False)),
                ("former_sealed", models.TextField(blank=True, default="", editable=False)),
                ("former_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "failing_since",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="failing since"
                    ),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="failures in a row"
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
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ("-date_added", "-pk"),
            },
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("status", "enabled")),
                fields=["store"],
                name="webhook_listening",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["enabled", "disabled"])),
                name="webhook_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("deleted_at", None),
                    models.Q(("former_sealed", ""), ("sealed", "")),
                    _connector="OR",
                ),
                name="webhook_deleted_keeps_no_secret",
            ),
        ),
    ]
