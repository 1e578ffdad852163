from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import listing
from apikeys.management.documents import key_documents
from apikeys.models import APIKey
from apikeys.models.api_key import APIKeyQuerySet
from apikeys.models.key_lists import KeyState

# As APIKey.state names them: a key is called expired only while it is not disabled.
STATES = [state.value for state in (KeyState.ENABLED, KeyState.DISABLED, KeyState.EXPIRED)]
COLUMNS = (
    "consumer_key",
    "username",
    "status",
    "obstacle",
    "permission",
    "allowed_ips",
    "any_ip",
    "expires_at",
    "last_used_at",
    "description",
)


class Command(BaseCommand):
    help = "List API keys, newest first. An empty list is no error (exit code 0)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", metavar="U", help="of this API user")
        parser.add_argument("--store", metavar="ID", help="of this store")
        parser.add_argument("--status", choices=STATES)
        parser.add_argument(
            "--unused-for",
            type=arguments.days,
            metavar="DAYS",
            help="enabled keys without a call for so many days; unused ones count from creation",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        documents = list(key_documents(_chosen(options)))
        self.answer(documents, listing(documents, COLUMNS))
        self.say(f"API keys: {len(documents)}")


def _chosen(options: dict[str, Any]) -> APIKeyQuerySet:
    keys = APIKey.objects.all()
    if options["username"] is not None:
        keys = keys.filter(api_user=arguments.find_api_user(options["username"]))
    if options["store"] is not None:
        keys = keys.filter(api_user__store=arguments.find_store(options["store"]))
    if options["unused_for"] is not None:
        keys = keys.unused_since(timezone.now() - timedelta(days=options["unused_for"]))
    if options["status"] is not None:
        keys = keys.in_state(options["status"])
    return keys
