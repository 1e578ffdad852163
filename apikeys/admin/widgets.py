"""Fields of the admin that say their names to those who do not see the page."""

from typing import Any

from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils.translation import gettext


class NamedDateTime(AdminSplitDateTime):
    """Date and time, each named: Django writes the names beside its fields, tied to none."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        date, time = context["widget"]["subwidgets"]
        date["attrs"]["aria-label"] = gettext("Date")
        time["attrs"]["aria-label"] = gettext("Time")
        return context
