from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.management import arguments
from apikeys.management.base import Command as BaseCommand
from apikeys.management.base import shown
from history import retention


class Command(BaseCommand):
    help = (
        "Forget the call history before a moment, in short steps beside a running server. The "
        "worker does the same every day. Finding nothing is success."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=arguments.span,
            metavar="365d",
            help="(default: HISTORY_RETENTION_DAYS)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        age = options["older_than"]
        if age is None:
            age = timedelta(days=settings.HISTORY_RETENTION_DAYS)
        moment = timezone.now() - age
        dry_run = options["dry_run"]
        if dry_run:
            count = retention.count(moment)
        else:
            count = retention.prune(moment, actor=Actor.command())
        self.answer(
            {"deleted": count, "dry_run": dry_run, "older_than": moment},
            f"Records from before {shown(moment)} "
            f"{'that would be ' if dry_run else ''}deleted: {count}",
        )
