"""How long history is kept, and forgetting what is older."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apikeys.actor import Actor
from apikeys.models import ChangeRecord
from history.models import CallRecord, DailyCalls, DailyReasons, UnprovenCalls
from history.rollup import roll_up


def forget_old_history() -> int:
    """The worker's daily task: keep to ``HISTORY_RETENTION_DAYS``."""
    moment = timezone.now() - timedelta(days=settings.HISTORY_RETENTION_DAYS)
    return prune(moment, actor=Actor.system("run_worker"))


def prune(older_than: datetime, *, actor: Actor) -> int:
    """Forget every call that came before this moment; returns how many records were deleted.

    Merged counts go with the minute, daily counts with the day that ended before. All calls are
    counted first, so that nothing is missing from any statistic that is left.
    """
    roll_up()
    day = timezone.localdate(older_than, timezone.get_default_timezone())
    DailyCalls.objects.prune(day)
    DailyReasons.objects.prune(day)
    deleted = CallRecord.objects.prune(older_than) + UnprovenCalls.objects.prune(older_than)
    if deleted:
        ChangeRecord.objects.keep(
            actor,
            "history pruned",
            kind=ChangeRecord.Kind.CONSOLE,
            name="call history",
            after={"older_than": older_than.isoformat(), "deleted": deleted},
        )
    return deleted


def count(older_than: datetime) -> int:
    """How many records ``prune`` would delete."""
    return (
        CallRecord.objects.outdated(older_than).count()
        + UnprovenCalls.objects.outdated(older_than).count()
    )
