from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class APIKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = _("API keys")
    # Dotted names of functions without arguments that run_worker calls once a day.
    worker_tasks: list[str] = []

    def ready(self) -> None:
        """Register the system checks."""
        from apikeys import checks  # noqa: F401
