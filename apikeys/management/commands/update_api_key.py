from argparse import SUPPRESS, BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import WrongUsage
from apikeys.management.documents import key_details, key_document
from apikeys.models import APIKey, Permission


class Command(BaseCommand):
    help = "Change the settings of an API key; what is not named stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        # What is not said is not among the options: None is a value, too (no expiry).
        parser.add_argument("--description", default=SUPPRESS, metavar="TEXT")
        parser.add_argument("--permission", default=SUPPRESS, choices=Permission.values)
        resources = parser.add_mutually_exclusive_group()
        resources.add_argument(
            "--resource",
            dest="resources",
            action="append",
            default=SUPPRESS,
            metavar="R",
            help="what the key may use from now on; repeat for several",
        )
        resources.add_argument(
            "--all-resources",
            dest="resources",
            action="store_const",
            const=[],
            default=SUPPRESS,
            help="all but privileged ones",
        )
        parser.add_argument(
            "--expires",
            dest="expires_at",
            type=arguments.expiry_or_none,
            default=SUPPRESS,
            metavar="2027-01-31|90d|none",
            help="when it ends: as this day begins, at a time (2027-01-31T18:00), or after so long",
        )
        parser.add_argument(
            "--rate-limit",
            default=SUPPRESS,
            metavar="600/minute|none|default",
            help="calls that are let in (default: DEFAULT_RATE_LIMIT)",
        )
        parser.add_argument(
            "--any-ip",
            action=BooleanOptionalAction,
            default=SUPPRESS,
            help="any address may use it, or only the allowed IPs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        fields = {name: options[name] for name in APIKey.SETTINGS if name in options}
        if not fields:
            raise WrongUsage("Say what to change.")
        if fields.get("rate_limit") == "default":
            fields["rate_limit"] = ""
        key = arguments.find_key(options["key"])
        changed = key.change(actor=Actor.command(), **fields)
        document = key_document(key)
        self.answer(document, key_details(document))
        self.say("Changed." if changed else "Nothing to change.")
        if not key.any_ip and not document["allowed_ips"]:
            self.say("The list of allowed IPs is empty: nobody can use the key now.")
