from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from apikeys import networks
from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand


class Command(BaseCommand):
    help = "Add addresses or networks to an API key's allowed IPs, or give them another label."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="consumer key")
        parser.add_argument(
            "networks",
            nargs="+",
            type=arguments.network,
            metavar="NET",
            help="203.0.113.7, 203.0.113.0/24, 203.0.113.* or 2001:db8::/48",
        )
        parser.add_argument("--label", default="", metavar="TEXT", help="whose they are")

    def handle(self, *args: Any, **options: Any) -> None:
        key = arguments.find_key(options["key"])
        actor, wanted, label = Actor.command(), dict.fromkeys(options["networks"]), options["label"]
        with transaction.atomic():
            added = key.allow_ips([(network, label) for network in wanted], actor=actor)
            for network in wanted:
                if label and network not in added:
                    key.label_ip(network, label=label, actor=actor)
        allowed = [entry.network for entry in key.allowed_ips.all()]
        self.answer(
            {
                "consumer_key": key.consumer_key,
                "added": added,
                "allowed_ips": allowed,
                "any_ip": key.any_ip,
            },
            "\n".join(allowed),
        )
        self.say(f"Added: {len(added)}, on the list: {len(allowed)}")
        for remark in networks.remarks(allowed):
            self.say(remark)
        if key.any_ip:
            self.say("Any address may still use the key; update_api_key --no-any-ip ends that.")
