from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand


class Command(BaseCommand):
    help = "Delete a disabled API key for good. Its history and its changes stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the changes")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        if not key.is_enabled:
            self.confirm(f"{key} will be gone for good.", yes=options["yes"])
        document = {"deleted": key.consumer_key, "username": key.api_user.username}
        # The deed itself refuses a key that is enabled.
        key.delete(actor=Actor.command(), reason=options["reason"])
        self.answer(document, f"{document['deleted']} of {document['username']} is deleted.")
