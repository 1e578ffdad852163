"""Puts the project's own site at /admin/."""

from django.contrib.admin.apps import AdminConfig


class StoreAdminConfig(AdminConfig):
    default_site = "config.admin_site.StoreAdminSite"

    def ready(self) -> None:
        super().ready()
        # After every app has registered its own: the project's pages for console users.
        from config import people, sqlite  # noqa: F401
