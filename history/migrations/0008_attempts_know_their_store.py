from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0007_detail_of_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="unprovencalls",
            name="store_id",
            # As the detail: the previous release goes on counting, and knows of no store.
            field=models.CharField(
                blank=True, db_default="", default="", max_length=44, verbose_name="Store ID"
            ),
        ),
    ]
