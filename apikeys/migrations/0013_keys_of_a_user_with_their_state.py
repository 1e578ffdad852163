import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0012_stores_in_order"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                fields=["api_user", "status", "expires_at", "id"], name="apikey_of_user"
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="api_user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="apikeys.apiuser",
                verbose_name="API user",
            ),
        ),
    ]
