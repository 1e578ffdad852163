"""The call history in the admin: to look at, and for nobody to edit."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.admin.guarded import NoStoreAdmin, ReadOnlyAdmin, StoreFilter
from apikeys.denial import DenialReason
from apikeys.models import APIKey, ChangeRecord
from history.models import CallRecord, DailyCalls, DailyReasons, RollUp, UnprovenCalls
from history.models.call import Outcome


class OfStore(StoreFilter):
    lookup = "store_id"


class ReasonFilter(admin.SimpleListFilter):
    """By denial reason: the closed list, so that no table has to be read for the choices."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(reason.value, reason.label) for reason in DenialReason]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


class DenialFilter(ReasonFilter):
    """The same of calls, of which an index holds the denied ones."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(outcome=Outcome.DENIED, reason=self.value())


PERIODS: Final = {"1": _("Last 24 hours"), "7": _("Last 7 days"), "30": _("Last 30 days")}


class PeriodFilter(admin.SimpleListFilter):
    title = _("time")
    parameter_name = "days"
    column = "date_added"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PERIODS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.value()
        if days not in PERIODS:
            return queryset
        since = timezone.now() - timedelta(days=int(days))
        return queryset.filter(**{f"{self.column}__gte": since})


class MinuteFilter(PeriodFilter):
    column = "minute"


@admin.register(CallRecord)
class CallRecordAdmin(ReadOnlyAdmin):
    """One row for every call of a proven key."""

    list_display = (
        *("date_added", "call", "ip", "username", "outcome", "reason_text", "status"),
        *("duration_ms", "date_modified"),
    )
    list_filter = (PeriodFilter, "outcome", DenialFilter, OfStore)
    search_fields = ("=username", "=request_id")
    search_help_text = _("Consumer key, API username, IP address or request id, in full")
    sortable_by = ("date_added",)

    @admin.display(description=_("call"))
    def call(self, record: CallRecord) -> str:
        return record.call

    @admin.display(description=_("reason"))
    def reason_text(self, record: CallRecord) -> str:
        return record.reason_text

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By whole values, and by the key's id instead of its name, which has no index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if ip := networks.canonical_ip(term):
            return queryset.filter(ip=ip), False
        keys = APIKey.objects.visible_to(request.user)
        if key := keys.filter(consumer_key=term).first() if term.isascii() else None:
            return queryset.filter(key_id=key.pk), False
        changes = ChangeRecord.objects.visible_to(request.user).filter(consumer_key=term)
        if deleted := changes.exclude(username="").first():
            return queryset.filter(username=deleted.username, consumer_key=term), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(UnprovenCalls)
class UnprovenCallsAdmin(ReadOnlyAdmin):
    """Merged counts of the calls that proved no key."""

    list_display = ("minute", "count", "network", "reason_text", "detail", "consumer_key", "call")
    list_filter = (MinuteFilter, ReasonFilter)
    search_fields = ("=consumer_key", "=network")
    search_help_text = _("Consumer key or network, in full")
    sortable_by = ("minute",)

    @admin.display(description=_("reason"))
    def reason_text(self, row: UnprovenCalls) -> str:
        return row.reason_text

    @admin.display(description=_("first call"))
    def call(self, row: UnprovenCalls) -> str:
        return f"{row.method} {row.path}"


class DailyAdmin(ReadOnlyAdmin):
    """What the background counted; the days of a deleted key stay."""

    list_filter = (OfStore,)
    sortable_by = ("day",)
    ordering = ("-day", "-pk")


@admin.register(DailyCalls)
class DailyCallsAdmin(DailyAdmin):
    list_display = ("day", "store_id", "key_id", "allowed", "denied")


@admin.register(DailyReasons)
class DailyReasonsAdmin(DailyAdmin):
    list_display = ("day", "store_id", "reason", "count")


@admin.register(RollUp)
class RollUpAdmin(NoStoreAdmin):
    """How far the calls are counted by day."""

    list_display = ("upto", "time_zone", "date_modified")
