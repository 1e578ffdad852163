from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0006_keys_seen_from_an_address"),
    ]

    operations = [
        migrations.AddField(
            model_name="unprovencalls",
            name="detail",
            # The previous release goes on counting while this one is started, and names no detail.
            field=models.CharField(
                blank=True, db_default="", default="", max_length=300, verbose_name="detail"
            ),
        ),
    ]
