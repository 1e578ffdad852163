from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import transaction

from apikeys import networks
from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import NothingMatched, WrongUsage
from apikeys.management.documents import key_details, key_document
from apikeys.models import APIKey, APIUser, Permission, Store

STORES_NAMED = 10


class Command(BaseCommand):
    help = (
        "Issue an API key. Makes the API user if the name is new; an API user that exists gets "
        "a further key. The consumer secret is printed this once and kept nowhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="of the API user")
        parser.add_argument("--store", metavar="ID", help="Store ID (default: the only store)")
        parser.add_argument("--owner", metavar="CONSOLE_USER", help="who answers for it")
        parser.add_argument("--description", default="", metavar="TEXT")
        parser.add_argument(
            "--permission", choices=Permission.values, default=Permission.READ.value
        )
        parser.add_argument(
            "--resource",
            dest="resources",
            action="append",
            default=[],
            metavar="R",
            help="what the key may use; repeat for several (default: all but privileged ones)",
        )
        addresses = parser.add_mutually_exclusive_group(required=True)
        addresses.add_argument(
            "--allow-ip",
            dest="allowed_ips",
            action="append",
            default=[],
            type=arguments.network,
            metavar="NET",
            help="address or network from which it may be used; repeat for several",
        )
        addresses.add_argument("--any-ip", action="store_true", help="any address may use it")
        parser.add_argument(
            "--expires",
            dest="expires_at",
            type=arguments.expiry,
            metavar="2027-01-31|90d",
            help="when it ends: as this day begins, at a time (2027-01-31T18:00), or after so long",
        )
        parser.add_argument(
            "--rate-limit",
            default="",
            metavar="600/minute|none",
            help="calls that are let in (default: DEFAULT_RATE_LIMIT)",
        )
        parser.add_argument("--signing", action="store_true", help="let it sign (OAuth 1.0a)")
        parser.add_argument("--test", action="store_true", help="mark it as a test key")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.command()
        # One transaction until the secret has left: when nobody receives it, no key remains.
        with transaction.atomic():
            api_user = _api_user(options, actor)
            key, secret = APIKey.objects.issue(
                actor=actor,
                api_user=api_user,
                permission=options["permission"],
                resources=options["resources"],
                allowed_ips=options["allowed_ips"],
                any_ip=options["any_ip"],
                expires_at=options["expires_at"],
                rate_limit=options["rate_limit"],
                description=options["description"],
                signing=options["signing"],
                mode="test" if options["test"] else "live",
            )
            document = key_document(key, secret=secret)
            self.answer(document, key_details(document))
        self.say("This is the only time that the consumer secret is shown.")
        for remark in networks.remarks(document["allowed_ips"]):
            self.say(remark)
        if not api_user.is_enabled:
            self.say(f"{api_user} is disabled, so its keys are refused.")


def _api_user(options: dict[str, Any], actor: Actor) -> APIUser:
    """The API user of the name, made now if there is none."""
    store = arguments.find_store(options["store"]) if options["store"] else None
    owner = arguments.find_console_user(options["owner"]) if options["owner"] else None
    username = options["username"]
    try:
        found = arguments.find_api_user(username)
    except NothingMatched:
        try:
            return APIUser.objects.add(
                actor=actor, store=store or _only_store(), username=username, owner=owner
            )
        except ValidationError:
            if not APIUser.objects.named(username).exists():
                raise
            # Another command made it in this very moment.
            found = arguments.find_api_user(username)
    return _fitting(found, options, store)


def _fitting(found: APIUser, options: dict[str, Any], store: Store | None) -> APIUser:
    """The API user that exists already, unless the command says something else about it."""
    if found.username != options["username"]:
        raise WrongUsage(f"There is an API user of this name already, written {found.username}.")
    if store is not None and store != found.store:
        raise WrongUsage(f"{found} belongs to the store {found.store.public_id}.")
    if options["owner"] and (found.owner is None or found.owner.get_username() != options["owner"]):
        owner = "another owner" if found.owner else "no owner"
        raise WrongUsage(f"{found} exists and has {owner}; say who owns it in the console.")
    return found


def _only_store() -> Store:
    stores = list(Store.objects.order_by("name", "pk")[: STORES_NAMED + 1])
    if len(stores) == 1:
        return stores[0]
    if not stores:
        raise WrongUsage("There is no store yet; manage.py create_store makes one.")
    names = [f"{store.public_id} ({store})" for store in stores[:STORES_NAMED]]
    more = ["…"] if len(stores) > STORES_NAMED else []
    raise WrongUsage(f"Say for which store with --store ID: {', '.join(names + more)}")
