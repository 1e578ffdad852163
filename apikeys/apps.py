from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from apikeys.change_words import WORDS
from apikeys.worker_tasks import WorkerTask


class APIKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = _("API keys")
    change_words = WORDS
    worker_tasks = (
        WorkerTask("apikeys.duties.disable_unused_keys", every=timedelta(days=1)),
        WorkerTask("apikeys.duties.forget_ended_sessions", every=timedelta(days=1)),
        WorkerTask("apikeys.duties.forget_sealed_secrets", every=timedelta(minutes=1)),
        WorkerTask("apikeys.duties.forget_useless_nonces", every=timedelta(minutes=1)),
    )

    def ready(self) -> None:
        """Register the system checks, the roles, and what notes right and wrong passwords."""
        from apikeys import checks, roles  # noqa: F401
        from apikeys.views import failed_login, password_again  # noqa: F401

        post_migrate.connect(roles.make_groups, sender=self)
