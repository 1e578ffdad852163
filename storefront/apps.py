from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apikeys.worker import WorkerTask


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = _("Storefront")
    worker_tasks: tuple[WorkerTask, ...] = ()
