from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0016_write_search_words"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="paymentmethod",
            index=models.Index(fields=["code", "id"], name="paymentmethod_in_order"),
        ),
    ]
