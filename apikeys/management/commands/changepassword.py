"""``changepassword``: Django's own, which here leaves a change record."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from apikeys import people
from apikeys.actor import Actor
from apikeys.management.base import NothingMatched


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        try:
            with people.saves_kept(Actor.command()):
                return super().handle(*args, **options)
        except User.DoesNotExist as error:
            raise NothingMatched("Somebody deleted this user meanwhile.") from error
