"""Note the peppers under which secrets are kept already, as issuing a key does from now on."""

import hmac

from django.conf import settings
from django.db import migrations


def note(apps, schema_editor):
    numbers = apps.get_model("apikeys", "Secret").objects.values_list("pepper_id", flat=True)
    known = apps.get_model("apikeys", "KnownPepper")
    for number in numbers.order_by().distinct():
        # Of a pepper that is missing today nothing can be said.
        if pepper := settings.APIKEYS_PEPPERS.get(number):
            digest = hmac.digest(bytes.fromhex(pepper), b"which pepper is this?", "sha256").hex()
            known.objects.get_or_create(pepper_id=number, defaults={"digest": digest})


class Migration(migrations.Migration):
    dependencies = [("apikeys", "0006_known_pepper")]
    operations = [migrations.RunPython(note, migrations.RunPython.noop, elidable=True)]
