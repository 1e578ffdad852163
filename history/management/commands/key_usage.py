from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Sum
from django.utils import timezone

from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import listing
from apikeys.models import APIKey
from history import daily
from history.models import UnprovenCalls

COUNTS = ("calls", "denials", "attempts")
# A statement of SQLite takes no more than 32,766 values.
AT_ONCE = 5000


class Command(BaseCommand):
    help = (
        "Say how often each API key was used. calls were let in; denials were refused although "
        "the secret was right; attempts named the key without its secret."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=arguments.days, default=30, help="today and the days before (30)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = usage(options["days"])
        columns = ("consumer_key", "username", "permission", "last_used_at", *COUNTS, "description")
        self.answer(rows, listing(rows, columns))
        self.say(f"API keys: {len(rows)}, days: {options['days']}")


def usage(days: int) -> list[dict[str, Any]]:
    """One row for every key, also for those without a call, newest first."""
    keys = list(APIKey.objects.select_related("api_user__store"))
    counts: dict[int, tuple[int, int]] = {}
    for start in range(0, len(keys), AT_ONCE):
        counts |= daily.calls_of_keys([key.pk for key in keys[start : start + AT_ONCE]], days)
    attempts = _attempts(days)
    return [
        {
            "consumer_key": key.consumer_key,
            "username": key.api_user.username,
            "store_id": key.api_user.store.public_id,
            "description": key.description,
            "permission": key.permission,
            "status": key.state,
            "last_used_at": key.last_used_at,
            "calls": counts[key.pk][0],
            "denials": counts[key.pk][1],
            "attempts": attempts.get(key.consumer_key, 0),
        }
        for key in keys
    ]


def _attempts(days: int) -> dict[str, int]:
    """Unproven calls by the key that they named."""
    first = daily.today() - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=timezone.get_default_timezone())
    named = UnprovenCalls.objects.filter(minute__gte=since).exclude(consumer_key="").order_by()
    return dict(named.values_list("consumer_key").annotate(Sum("count")))
