"""Puts the project's own site at /admin/."""

from django.contrib.admin.apps import AdminConfig


class StoreAdminConfig(AdminConfig):
    default_site = "config.admin_site.StoreAdminSite"

    def ready(self) -> None:
        super().ready()
        # After every app has registered its own pages: the project's, for console users. And what
        # every new connection to SQLite is told.
        from config import people, sqlite  # noqa: F401
