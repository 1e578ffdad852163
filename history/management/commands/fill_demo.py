from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.module_loading import import_string

from apikeys.actor import Actor
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import Failed
from apikeys.models import APIKey
from history.demo import issue_keys, record_calls
from history.rollup import roll_up


class Command(BaseCommand):
    help = "Make two stores, keys in every state and 60 days of calls; only where no key exists."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if APIKey.objects.exists():
                raise Failed("There are keys already, and a demo must not be mixed with real ones.")
            cast = issue_keys(Actor.command())
            calls = record_calls(cast)
            for app in apps.get_app_configs():
                if fill := getattr(app, "demo", ""):  # of an app that may not be installed
                    import_string(fill)()
        roll_up()
        self.answer({"keys": len(cast), "calls": calls}, f"{len(cast)} keys and {calls} calls made")
