"""How one browser likes to see the console: its theme, its time zone, its rows per page."""

import zoneinfo
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

THEMES: Final = {"system": _("System"), "light": _("Light"), "dark": _("Dark")}
PAGE_SIZES: Final = (25, 50, 100, 200)
LIFETIME: Final = 365 * 24 * 60 * 60


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The time zones an operator can choose."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"})


def cookie(name: str) -> str:
    """The cookie of a preference. Over https no neighbouring host can plant one: with another
    zone, the times of an incident would be read wrong.
    """
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


@dataclass(frozen=True, slots=True)
class Preferences:
    """Kept in cookies that hold nothing else, so that they work on the login page as well."""

    theme: str = "system"
    zone: str = ""
    per_page: int = 50

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """What the cookies say; anything unknown counts as not said."""
        names = ("theme", "zone", "per_page")
        theme, zone, per_page = (request.COOKIES.get(cookie(name), "") for name in names)
        return cls(
            theme=theme if theme in THEMES else "system",
            zone=zone if zone in zones() else "",
            per_page=int(per_page) if per_page in map(str, PAGE_SIZES) else 50,
        )

    @property
    def zone_name(self) -> str:
        """The zone in which times are shown, whoever chose it."""
        return self.zone or settings.TIME_ZONE
