from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = _("Storefront")
    # Dotted names of functions without arguments that run_worker calls once a day.
    worker_tasks: list[str] = []
