from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import listing
from apikeys.management.documents import ROW, key_rows
from apikeys.models import APIKey

SUGGESTED_DAYS = 90


class Command(BaseCommand):
    help = (
        "Disable the enabled API keys that nobody has used for a while. Keys never used count "
        "from their creation. Finding none is success."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=arguments.days,
            help=f"without a call (default: DISABLE_UNUSED_AFTER_DAYS, else {SUGGESTED_DAYS})",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only list the keys that would be disabled"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"] or settings.DISABLE_UNUSED_AFTER_DAYS or SUGGESTED_DAYS
        moment = timezone.now() - timedelta(days=days)
        if options["dry_run"]:
            keys = list(APIKey.objects.unused_since(moment).select_related("api_user__store"))
        else:
            keys = APIKey.objects.disable_unused(moment, actor=Actor.command())
        rows = key_rows(keys)
        self.answer(
            {"disabled": len(rows), "dry_run": options["dry_run"], "days": days, "keys": rows},
            listing(rows, ROW) if rows else "",
        )
        self.say(f"{'Would be disabled' if options['dry_run'] else 'Disabled'}: {len(rows)}")
