"""``createsuperuser``: Django's own, which here leaves a change record."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from apikeys import people
from apikeys.actor import Actor


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        with people.saves_kept(Actor.command()):
            return super().handle(*args, **options)
