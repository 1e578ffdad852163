"""The filters of the call history, which its pages and its export share."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.denial import DenialReason
from apikeys.explanation import METHODS
from apikeys.models import APIKey, APIUser
from apikeys.models.scope import sees_every_store
from history.models import CallRecord
from history.models.call import CallRecordQuerySet, Outcome, single_address

PERIODS: Final = {
    "hour": (_("Last hour"), timedelta(hours=1)),
    "day": (_("Last 24 hours"), timedelta(days=1)),
    "week": (_("Last 7 days"), timedelta(days=7)),
    "month": (_("Last 30 days"), timedelta(days=30)),
    "quarter": (_("Last 90 days"), timedelta(days=90)),
}
# A year far off overflows as soon as somebody adds a day or a time zone to it.
SENSIBLE_DATES: Final = (
    MinValueValidator(date(2000, 1, 1), _("Choose a date after 1999.")),
    MaxValueValidator(date(2199, 12, 31), _("Choose a date before 2200.")),
)
# Conditions for which there is an index in the order of the page, the most selective first.
LEADS: Final = ("key", "ip", "reason", "result")
LIMITS: Final = ("period", "since", "until")
MOST_OF_ONE_REQUEST: Final = 500


def network(text: str) -> None:
    """Validator: an address or a network, in any spelling that allowed IPs may have."""
    try:
        networks.parse_entry(text)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error


class CallFilter(django_filters.FilterSet):  # type: ignore[misc]  # comes without types
    """Narrows calls that the user may see.

    ``qs`` is what fits. Pages look through it in portions (``history.search``): ``candidates``
    between ``earliest`` and ``latest`` by index, of which ``sift`` leaves what fits.
    """

    key = django_filters.CharFilter(
        method="by_key", label=_("Key or API user"), strip=True, max_length=64
    )
    result = django_filters.ChoiceFilter(
        field_name="outcome", choices=Outcome, label=_("Result"), empty_label=_("Any")
    )
    reason = django_filters.ChoiceFilter(
        method="by_reason",
        choices=[(reason.value, reason.label) for reason in DenialReason if reason.proven],
        label=_("Reason"),
        empty_label=_("Any"),
    )
    method = django_filters.ChoiceFilter(
        choices=[(name, name) for name in METHODS], label=_("Method"), empty_label=_("Any")
    )
    ip = django_filters.CharFilter(
        method="by_ip", label=_("IP Address"), max_length=50, validators=[network]
    )
    path = django_filters.CharFilter(
        lookup_expr="icontains", label=_("Path contains"), max_length=300
    )
    request_id = django_filters.CharFilter(
        method="by_request_id", label=_("Request id"), max_length=64
    )
    period = django_filters.ChoiceFilter(
        method="by_time",
        choices=[(name, label) for name, (label, _length) in PERIODS.items()],
        label=_("Period"),
        empty_label=_("Any time"),
    )
    since = django_filters.DateFilter(
        method="by_time",
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=SENSIBLE_DATES,
    )
    until = django_filters.DateFilter(
        method="by_time",
        label=_("To"),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=SENSIBLE_DATES,
    )

    class Meta:
        model = CallRecord
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, *, request: HttpRequest, key: APIKey | None = None) -> None:
        # Whoever sees a key sees its calls: a key never leaves its store.
        everything = CallRecord.objects.all()
        calls = everything.visible_to(request.user) if key is None else everything.of_key(key)
        super().__init__(data, queryset=calls, request=request)
        self.now = timezone.now()
        self.of_one_key = key is not None
        if self.of_one_key:
            del self.filters["key"]

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The conditions that were given, by name, as they are understood."""
        if not self.form.is_valid():
            return {}
        return {
            name: value for name, value in self.form.cleaned_data.items() if value not in (None, "")
        }

    @property
    def is_valid_query(self) -> bool:
        """Whether every condition could be read; if not, nothing fits."""
        return bool(self.form.is_valid())

    @property
    def earliest(self) -> datetime | None:
        """No call before this moment fits."""
        asked, found = self.asked, []
        if "period" in asked:
            found.append(self.now - PERIODS[asked["period"]][1])
        if "since" in asked:
            found.append(_midnight(asked["since"]))
        return max(found, default=None)

    @property
    def latest(self) -> datetime | None:
        """No call at or after this moment fits."""
        asked = self.asked
        return _midnight(asked["until"] + timedelta(days=1)) if "until" in asked else None

    def candidates(self) -> CallRecordQuerySet:
        """The calls, of any time, among which those that fit are looked for by an index."""
        calls: CallRecordQuerySet = self.queryset
        if not self.is_valid_query:
            return calls.none()
        if "key" in self._led:  # a second index to choose from would mislead the planner
            calls = CallRecord.objects.all()
        return self._narrowed(calls, self._led)

    @property
    def sifts(self) -> bool:
        """Whether conditions are left that no index answers."""
        return bool(self._left) or self._by_reused_name

    def sift(self, candidates: CallRecordQuerySet) -> CallRecordQuerySet:
        """Those candidates that fit the conditions that no index answers."""
        if self._by_reused_name:
            candidates = candidates.visible_to(self.request.user)
        return self._narrowed(candidates, self._left)

    @property
    def _led(self) -> set[str]:
        if "request_id" in self.asked:
            return {"request_id"}
        if self.of_one_key:
            return set()
        for name in LEADS:
            if name in self.asked and (name == "key" or self._sees_all) and self._is_exact(name):
                return {name} | ({"result"} if self._is_implied(name) else set())
        return set()

    @property
    def _left(self) -> set[str]:
        return set(self.asked) - self._led - set(LIMITS)

    @property
    def _by_reused_name(self) -> bool:
        """Candidates have a name only, which may have been that of a deleted user elsewhere."""
        return "key" in self._led and "username" in self._named and not self._sees_all

    @property
    def _sees_all(self) -> bool:
        """Others are led by their stores, so that no one else's calls are looked through."""
        return sees_every_store(self.request.user)

    def _is_exact(self, name: str) -> bool:
        value = self.asked[name]
        if name == "key":
            return "consumer_key" not in self._named
        if name == "ip":
            return single_address(networks.parse_entry(value)) is not None
        return name != "result" or value == Outcome.DENIED

    def _is_implied(self, name: str) -> bool:
        return name == "reason" and self.asked.get("result") == Outcome.DENIED

    def _narrowed(self, calls: CallRecordQuerySet, names: Iterable[str]) -> CallRecordQuerySet:
        for name in sorted(names):
            calls = self.filters[name].filter(calls, self.form.cleaned_data[name])
        return calls

    @cached_property
    def _named(self) -> dict[str, Any]:
        """What was typed for the key, as a condition on the copies that its calls keep."""
        text = self.asked["key"]
        user = self.request.user
        if text.startswith("ck_"):
            key = APIKey.objects.visible_to(user).filter(consumer_key=text).first()
            return {"consumer_key": text} if key is None else {"key_id": key.pk}
        api_user = APIUser.objects.visible_to(user).named(text).first()
        return {"username": text if api_user is None else api_user.username}

    def by_key(self, calls: CallRecordQuerySet, name: str, value: str) -> CallRecordQuerySet:
        return calls.filter(**self._named)

    def by_reason(self, calls: CallRecordQuerySet, name: str, value: str) -> CallRecordQuerySet:
        return calls.filter(outcome=Outcome.DENIED, reason=value)

    def by_request_id(self, calls: CallRecordQuerySet, name: str, value: str) -> CallRecordQuerySet:
        # Looked up first: beside a key or a store, whose calls stand in order, SQLite would walk
        # through all of these instead. A proxy may give several calls one id, but not many.
        found = CallRecord.objects.filter(request_id=value).order_by("-pk").values_list("pk")
        return calls.filter(pk__in=[pk for (pk,) in found[:MOST_OF_ONE_REQUEST]])

    def by_ip(self, calls: CallRecordQuerySet, name: str, value: str) -> CallRecordQuerySet:
        return calls.from_network(networks.parse_entry(value))

    def by_time(self, calls: CallRecordQuerySet, name: str, value: Any) -> CallRecordQuerySet:
        limits = {"date_added__gte": self.earliest, "date_added__lt": self.latest}
        return calls.filter(**{name: limit for name, limit in limits.items() if limit is not None})


def _midnight(day: date) -> datetime:
    """When the day begins where the operator is."""
    return timezone.make_aware(datetime.combine(day, time.min))
