from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0007_detail_of_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="unprovencalls",
            name="store_id",
            field=models.CharField(blank=True, default="", max_length=44, verbose_name="Store ID"),
            preserve_default=False,
        ),
    ]
