"""Write beside the attempts that named a key the Store ID of its store; a deleted key had one."""

from django.db import migrations
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def tell(apps, schema_editor):
    alias = schema_editor.connection.alias
    attempts = apps.get_model("history", "UnprovenCalls").objects.using(alias)
    keys = apps.get_model("apikeys", "APIKey").objects.using(alias)
    changes = apps.get_model("apikeys", "ChangeRecord").objects.using(alias)

    of_key = keys.filter(consumer_key=OuterRef("consumer_key"))
    of_deleted = changes.filter(consumer_key=OuterRef("consumer_key")).exclude(store_public_id="")
    attempts.exclude(consumer_key="").update(
        store_id=Coalesce(
            Subquery(of_key.values("api_user__store__public_id")[:1]),
            Subquery(of_deleted.values("store_public_id")[:1]),
            Value(""),
        )
    )


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0008_attempts_know_their_store"),
        ("apikeys", "0012_stores_in_order"),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=True),
    ]
