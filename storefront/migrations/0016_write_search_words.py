"""Write down the words of the products and webhooks that were there before."""

import re
import unicodedata
from itertools import islice

from django.db import migrations

AT_ONCE = 2000
WORD = re.compile(r"[^\W_]+")


def words_of(*texts):
    folded = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    return list(dict.fromkeys(word[:40] for word in WORD.findall(folded)))


def write(apps, schema_editor):
    alias = schema_editor.connection.alias
    for of, fields in (("product", ("sku", "name")), ("webhook", ("url",))):
        word_model = apps.get_model("storefront", f"{of}word")
        texts = apps.get_model("storefront", of).objects.using(alias).values_list("pk", *fields)
        rows = (
            word_model(**{f"{of}_id": pk, "word": word})
            for pk, *described in texts.iterator()
            for word in words_of(*described)
        )
        while portion := list(islice(rows, AT_ONCE)):
            word_model.objects.using(alias).bulk_create(portion)


def forget(apps, schema_editor):
    for name in ("productword", "webhookword"):
        words = apps.get_model("storefront", name).objects
        words.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0015_search_words"),
    ]

    operations = [
        migrations.RunPython(write, forget),
    ]
