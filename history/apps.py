from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apikeys.worker_tasks import WorkerTask
from history.change_words import WORDS


class HistoryConfig(AppConfig):
    name = "history"
    verbose_name = _("Call history")
    change_words = WORDS
    worker_tasks = (
        WorkerTask("history.rollup.roll_up", every=timedelta(minutes=1)),
        WorkerTask("history.retention.forget_old_history", every=timedelta(days=1)),
    )

    def ready(self) -> None:
        from history import within  # noqa: F401  (registers its look-up)
