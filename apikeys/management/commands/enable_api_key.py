from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import shown
from apikeys.management.documents import key_document


class Command(BaseCommand):
    help = "Let calls with an API key in again. Enabling twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the changes")

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        enabled = key.enable(actor=Actor.command(), reason=options["reason"])
        sentence = f"{key} is enabled." if enabled else f"{key} was enabled already."
        self.answer({**key_document(key), "status": key.state, "changed": enabled}, sentence)
        if key.is_expired:
            self.say(f"It expired at {shown(key.expires_at)} and is still refused.")
