import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0018_what_is_not_confirmed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="cart",
            name="invoice",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cart",
                to="storefront.invoice",
                verbose_name="invoice",
            ),
        ),
        migrations.AlterField(
            model_name="cartitem",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="cart_items",
                to="storefront.product",
                verbose_name="product",
            ),
        ),
    ]
