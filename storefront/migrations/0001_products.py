import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import apikeys.text
import storefront.models.owned
import storefront.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("apikeys", "0003_changerecord_kinds_of_a_shop"),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
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
                    "sku",
                    models.CharField(
                        max_length=100, validators=[apikeys.text.plain_text], verbose_name="SKU"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=200, validators=[apikeys.text.plain_text], verbose_name="name"
                    ),
                ),
                (
                    "price_minor",
                    models.BigIntegerField(
                        editable=False,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=4,
                        validators=[storefront.money.validate_currency],
                        verbose_name="currency",
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
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["store", "name", "id"], name="product_of_store"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("store", "sku"),
                name="product_sku_once_a_store",
                violation_error_message="There is a product with this SKU already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_minor__gte", 0)), name="product_price_is_not_negative"
            ),
        ),
    ]
