"""What the admin pages of records that people make in a store have in common."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpRequest

from apikeys.admin.deeds import DeedAdmin
from apikeys.models import Store

if TYPE_CHECKING:
    from django.db.models import ForeignKey


class InStoreAdmin(DeedAdmin):
    """Added in a store that the person sees, and changed; its store stays as it is."""

    actions = ()  # nothing to switch
    list_select_related = ("store",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("date_added", "date_modified")
    settled: tuple[str, ...] = ("store",)
    """What is chosen once."""
    editable: tuple[str, ...]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = [*self.settled, *self.editable]
        return fields if obj is None else [*fields, *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.settled, *self.readonly_fields)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **options: Any
    ) -> Any:
        options["queryset"] = Store.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)
