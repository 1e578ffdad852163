"""Write down the words of the keys and API users that were there before."""

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
    key, key_word = apps.get_model("apikeys", "APIKey"), apps.get_model("apikeys", "KeyWord")
    user, user_word = apps.get_model("apikeys", "APIUser"), apps.get_model("apikeys", "UserWord")

    names = user.objects.using(alias).values_list("pk", "username")
    put(
        user_word.objects.using(alias),
        (user_word(api_user_id=pk, word=word) for pk, name in names for word in words_of(name)),
    )
    texts = key.objects.using(alias).values_list(
        "pk", "consumer_key", "description", "api_user__username"
    )
    put(
        key_word.objects.using(alias),
        (
            key_word(api_key_id=pk, word=word)
            for pk, consumer_key, *described in texts
            for word in [*words_of(*described), f"…{consumer_key[::-1].casefold()}"[:40]]
        ),
    )


def put(words, rows):
    while portion := list(islice(rows, AT_ONCE)):
        words.bulk_create(portion)


def forget(apps, schema_editor):
    for name in ("KeyWord", "UserWord"):
        apps.get_model("apikeys", name).objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("apikeys", "0008_search_words"),
    ]

    operations = [
        migrations.RunPython(write, forget),
    ]
