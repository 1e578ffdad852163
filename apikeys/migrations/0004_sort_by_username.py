from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0003_changerecord_kinds_of_a_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="apiuser",
            index=models.Index(fields=["username"], name="apiuser_in_order"),
        ),
    ]
