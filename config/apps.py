"""Puts the project's own site at /admin/, and names what came with others in our words."""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class LoginsConfig(AxesConfig):
    verbose_name = _("Logins")


class StoreAdminConfig(AdminConfig):
    default_site = "config.admin_site.StoreAdminSite"

    def ready(self) -> None:
        super().ready()
        # After every app has registered its own pages: the project's, for console users. And what
        # every new connection to SQLite is told.
        from config import people, sqlite  # noqa: F401
