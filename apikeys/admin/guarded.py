"""What every admin page of ours promises: store scope, closed filters, short counts.

The stock admin lets whoever may open a list filter it by any column, which spells out a digest
letter by letter; it counts whole tables, and it deletes many rows without a trace of why. These
classes do not.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db.models import DateTimeField, Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
)
from django.utils.translation import gettext_lazy as _

from apikeys.admin.widgets import NamedDateTime
from apikeys.by_value import having_any
from apikeys.models import APIKey, ChangeRecord, Store
from apikeys.models.changeable import Changeable
from apikeys.models.scope import Person, ScopedQuerySet, sees_every_store
from apikeys.paging import CappedPaginator
from apikeys.text import UNSTORABLE
from apikeys.views.pasted_secret import without_secret

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
else:
    BaseAdmin = admin.ModelAdmin

ROW_ID = re.compile(r"[0-9]{1,18}")  # what fits into a column of 64 bits

SHOWN_CHANGES = 100
READING = ("GET", "HEAD")
# What the filters of Django's admin put behind the name of a field.
FILTER_ENDINGS = ("__exact", "__isnull", "__id__exact")


class StoreFilter(admin.SimpleListFilter):
    """By store, out of those that the person may see. ``lookup`` leads from the row to the id."""

    title = _("store")
    parameter_name = "store"
    lookup = "store__public_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stores = Store.objects.visible_to(request.user)[:200]
        return [(store.public_id, store.name) for store in stores]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.lookup: self.value()}) if self.value() else queryset


class GuardedList(ChangeList):
    """Sorts by the columns of ``sortable_by``; the stock one only offers no link for others."""

    def get_results(self, request: HttpRequest) -> None:
        """One page is read as every other one is, and not by the filters once more."""
        super().get_results(request)
        if not self.multi_page:
            self.result_list = self.paginator.page(1).object_list

    def get_ordering_field(self, field_name: Any) -> Any:
        declared = self.sortable_by or ()
        return super().get_ordering_field(field_name) if field_name in declared else None


class GuardedAdmin(BaseAdmin):
    """Rows of the person's stores only; filters, search and order only as declared here."""

    list_per_page = 50
    list_max_show_all = 200
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    object_history_template = "apikeys/admin/history.html"
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        DateTimeField: {"form_class": forms.SplitDateTimeField, "widget": NamedDateTime}
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.visible(super().get_queryset(request), request.user)

    def visible(self, rows: QuerySet[Any], user: Person) -> QuerySet[Any]:
        """Those of the stores whose staff the person is; each model knows its own."""
        return cast("ScopedQuerySet[Any]", rows).visible_to(user)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model:
        """One and the same 404 for what is not there, of another store, or nonsense."""
        found: Model | None = None
        if not UNSTORABLE.search(object_id):
            # Django asks only a field that has a name whether it may be asked for.
            found = super().get_object(request, object_id, from_field or None)
        if found is None:
            raise Http404("There is nothing here.")
        return found

    def view_on_site(self, obj: Any) -> str | None:
        """Where the console shows the record; None where it has no page of its own."""
        return None

    def changes_of(self, obj: Any) -> QuerySet[ChangeRecord]:
        """What change records tell of the record: nothing of one that nobody changes."""
        return obj.changes() if isinstance(obj, Changeable) else ChangeRecord.objects.none()

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The console's changes; Django's own list knows only what was done on its pages."""
        record = self.get_object(request, unquote(object_id))
        changes = self.changes_of(record)[:SHOWN_CHANGES]
        return super().history_view(request, object_id, {"changes": changes})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what a filter of this list would ask; by default any column could be searched."""
        names = set()
        for one in self.get_list_filter(request) if request else ():
            if isinstance(one, type) and issubclass(one, admin.SimpleListFilter):
                names.add(one.parameter_name)
            elif isinstance(one, str):
                names |= {one, *(one + ending for ending in FILTER_ENDINGS)}
        return lookup in names

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Rows are named by their id only; any other unique column could be probed."""
        return bool(to_field == self.opts.pk.name)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As the console searches, where it does; or for the whole term, in fields with an index.

        Django's own search would look into every row.
        """
        if UNSTORABLE.search(search_term):
            return queryset.none(), False
        term, names = search_term.strip(), self.get_search_fields(request)
        if not term or not names:
            return queryset, False
        if hasattr(queryset, "matching"):
            return queryset.matching(term), False
        return having_any(queryset, **{name.removeprefix("="): term for name in names}), False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return GuardedList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Never the stock bulk delete: what is deleted is deleted by its deed, one by one."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any(UNSTORABLE.search(value) for values in request.GET.lists() for value in values[1]):
            raise BadRequest("The filter holds text that cannot be stored.")
        if (elsewhere := without_secret(request)) is not None:
            return elsewhere
        return super().changelist_view(request, extra_context)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any
    ) -> HttpResponse | None:
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not ROW_ID.fullmatch(chosen):
                raise BadRequest("A chosen row is not named by a number.")
        return super().response_action(request, queryset, *args)


class ReadOnlyAdmin(GuardedAdmin):
    """For records: to look at, and for nobody, superusers included, to add, edit or delete."""

    actions = None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        return super().changeform_view(request, *args, **options)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class NoStoreAdmin(ReadOnlyAdmin):
    """For what belongs to no store: for superusers to look at."""

    def visible(self, rows: QuerySet[Any], user: Person) -> QuerySet[Any]:
        return rows if sees_every_store(user) else rows.none()


class OfKeyAdmin(ReadOnlyAdmin):
    """For what belongs to a key and is as visible as the key is."""

    class OfStore(StoreFilter):
        lookup = "api_key__api_user__store__public_id"

    list_filter = (OfStore,)
    list_select_related = ("api_key__api_user",)
    search_fields: ClassVar[tuple[str, ...]] = (
        "=api_key__consumer_key",
        "=api_key__api_user__username",
    )

    def visible(self, rows: QuerySet[Any], user: Person) -> QuerySet[Any]:
        if sees_every_store(user):
            return rows
        return rows.filter(api_key__in=APIKey.objects.visible_to(user))
