from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0009_tell_attempts_their_store"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="unprovencalls",
            index=models.Index(fields=["store_id", "-minute", "-id"], name="unproven_of_store"),
        ),
    ]
