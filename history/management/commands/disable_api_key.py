from typing import Any

from django.core.management.base import CommandParser

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import NothingMatched, WrongUsage, listing
from apikeys.management.documents import ROW, key_document, key_rows
from apikeys.models import APIKey, Permission
from apikeys.models.api_key import APIKeyQuerySet
from history import incident

FILTERS = ("username", "store", "permission", "seen_from", "created_since", "created_before")


class Command(BaseCommand):
    help = (
        "Refuse every call with an API key from now on; disabling twice changes nothing. In an "
        "incident the options choose many keys at once: those that fit all that is given. Look "
        "with --dry-run, then say --yes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", nargs="?", help="consumer key")
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept in the changes")
        parser.add_argument("--username", metavar="U", help="the keys of this API user")
        parser.add_argument("--store", metavar="ID", help="the keys of this store")
        parser.add_argument(
            "--permission", choices=Permission.values, help="the keys of exactly this level"
        )
        parser.add_argument(
            "--seen-from",
            type=arguments.network,
            metavar="NET",
            help="keys with which a call came from this address or network in the last 30 days",
        )
        parser.add_argument(
            "--created-since",
            type=arguments.past,
            metavar="DATE",
            help="keys issued on or after this date, or in the last 7d",
        )
        parser.add_argument(
            "--created-before",
            type=arguments.past,
            metavar="DATE",
            help="keys issued before this date, or before 90d ago",
        )
        parser.add_argument("--all", action="store_true", help="every key")
        parser.add_argument(
            "--dry-run", action="store_true", help="only list the keys that would be disabled"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        filtered = any(options[name] is not None for name in FILTERS)
        if [options["key"] is not None, filtered, options["all"]].count(True) != 1:
            raise WrongUsage("Name one KEY, or choose keys by options, or say --all.")
        if options["key"] is not None:
            self.disable_one(arguments.find_key(options["key"]), options)
        else:
            self.disable_many(_chosen(options), options)

    def disable_one(self, key: APIKey, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            changed = key.is_enabled
        else:
            changed = key.disable(actor=Actor.command(), reason=options["reason"])
        verb = "would be" if options["dry_run"] else "is"
        self.answer(
            {
                **key_document(key),
                "status": key.state,
                "changed": changed,
                "dry_run": options["dry_run"],
            },
            f"{key} {verb} disabled." if changed else f"{key} was disabled already.",
        )

    def disable_many(self, keys: APIKeyQuerySet, options: dict[str, Any]) -> None:
        chosen = list(keys)
        if not chosen:
            raise NothingMatched("No enabled key fits.")
        if not options["dry_run"]:
            self.confirm(f"{len(chosen)} keys will be disabled.", yes=options["yes"])
            chosen = incident.disable_keys(
                chosen, actor=Actor.command(), reason=options["reason"] or "incident"
            )
        rows = key_rows(chosen)
        self.answer(
            {"disabled": len(rows), "dry_run": options["dry_run"], "keys": rows},
            listing(rows, ROW),
        )
        self.say(f"{'Would be disabled' if options['dry_run'] else 'Disabled'}: {len(rows)}")


def _chosen(options: dict[str, Any]) -> APIKeyQuerySet:
    # Names are looked up first: a mistyped one must not look like "nothing left to do".
    if options["username"] is not None:
        arguments.find_api_user(options["username"])
    if options["store"] is not None:
        arguments.find_store(options["store"])
    chosen = {name: options[name] for name in FILTERS}
    return incident.affected_keys(APIKey.objects.all(), **chosen)
