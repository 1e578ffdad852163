from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "history"
    verbose_name = _("Call history")
    # Dotted names of functions without arguments that run_worker calls once a day.
    worker_tasks: list[str] = []
    # The same for what run_worker calls once a minute.
    minute_tasks = ["history.rollup.roll_up"]

    def ready(self) -> None:
        from history import within  # noqa: F401  (registers its look-up)
