from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apikeys.worker_tasks import WorkerTask
from storefront.change_words import WORDS


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = _("Storefront")
    change_words = WORDS
    demo = "storefront.demo.fill_shops"
    worker_tasks = (
        WorkerTask("storefront.courier.deliver", every=timedelta(seconds=1)),
        WorkerTask("storefront.duties.expire_invoices", every=timedelta(seconds=5)),
        WorkerTask("storefront.duties.forget_kept_answers", every=timedelta(hours=1)),
        WorkerTask("storefront.duties.forget_old_deliveries", every=timedelta(days=1)),
        WorkerTask("storefront.duties.forget_ended_carts", every=timedelta(days=1)),
    )

    def ready(self) -> None:
        """Register the system checks."""
        from storefront import checks  # noqa: F401
