from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import NothingMatched


class Command(BaseCommand):
    help = "Remove addresses or networks from an API key's allowed IPs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument(
            "networks",
            nargs="+",
            type=arguments.network,
            metavar="NET",
            help="as it stands on the list, in either spelling",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        removed = key.disallow_ips(options["networks"], actor=Actor.command())
        allowed = [entry.network for entry in key.allowed_ips.all()]
        if not removed:
            raise NothingMatched(f"None of these is on the list of {key.consumer_key}.")
        self.answer(
            {
                "consumer_key": key.consumer_key,
                "removed": removed,
                "allowed_ips": allowed,
                "any_ip": key.any_ip,
            },
            "\n".join(allowed),
        )
        self.say(f"Removed: {len(removed)}, on the list: {len(allowed)}")
        if not allowed and not key.any_ip:
            self.say("The list is empty: nobody can use the key now.")
