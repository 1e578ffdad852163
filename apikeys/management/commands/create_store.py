from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import details
from apikeys.models import Store


class Command(BaseCommand):
    help = "Create a store."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--currency", default="EUR", help="of its amounts (EUR)")
        parser.add_argument("--website", default="", metavar="URL")

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store.objects.open(
            actor=Actor.command(),
            name=options["name"],
            currency=options["currency"],
            website=options["website"],
        )
        document = {"store_id": store.public_id, "name": store.name}
        self.answer(document, details(document))
