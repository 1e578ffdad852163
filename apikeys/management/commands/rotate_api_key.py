from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import shown
from apikeys.management.documents import key_details, key_document


class Command(BaseCommand):
    help = (
        "Give an API key a new consumer secret, printed this once. The consumer key, the settings "
        "and the history stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument(
            "--overlap",
            type=arguments.span,
            default="0",
            metavar="0|1h|24h|7d",
            help="how long the old secret stays valid (0: it ends at once; at most 30d)",
        )
        parser.add_argument(
            "--signing",
            action=BooleanOptionalAction,
            help="switch signing on or off (default: as it is)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        # One transaction until the secret has left: when nobody receives it, the old one stays.
        with transaction.atomic():
            secret = key.rotate(
                actor=Actor.command(), overlap=options["overlap"], signing=options["signing"]
            )
            document = key_document(key, secret=secret)
            self.answer(document, key_details(document))
        self.say("This is the only time that the consumer secret is shown.")
        if options["overlap"]:
            until = timezone.now() + options["overlap"]
            self.say(f"The old secret stays valid until {shown(until)}.")
