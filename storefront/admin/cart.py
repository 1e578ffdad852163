"""Carts and the browsers that hold them, in the admin: to look at, and to delete an open cart."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys.admin.deeds import DeedAdmin
from apikeys.admin.guarded import ReadOnlyAdmin, StoreFilter
from apikeys.models.scope import Person
from storefront.models import Cart, CartItem, ShopperSession

if TYPE_CHECKING:
    BaseInline = admin.TabularInline[CartItem, Cart]
else:
    BaseInline = admin.TabularInline


class CartItemInline(BaseInline):
    """What is in the cart, to look at."""

    model = CartItem
    fields = readonly_fields = ("product", "quantity", "total")
    extra = max_num = 0
    can_delete = False

    @admin.display(description=_("total"))
    def total(self, item: CartItem) -> str:
        return f"{item.total} {item.currency}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartItem]:
        return super().get_queryset(request).select_related("product", "cart")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("storefront.view_cart"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrderedFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("ordered", _("Checked out"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(invoice=None)
            case "ordered":
                return queryset.exclude(invoice=None)
        return queryset


@admin.register(Cart)
class CartAdmin(DeedAdmin):
    """A cart is filled by its customer; here it is looked at and, while it is open, deleted."""

    actions = ()  # nothing to switch
    list_display = ("public_id", "store", "customer", "invoice", "date_modified", "expires_at")
    list_filter = (OrderedFilter, StoreFilter)
    list_select_related = ("store", "invoice")
    search_fields = ("=public_id", "=customer")
    search_help_text = _("Cart or customer, in full")
    sortable_by = ("date_modified", "expires_at")
    fields = (
        *("public_id", "store", "customer", "currency", "invoice"),
        *("date_added", "date_modified", "expires_at"),
    )
    inlines = (CartItemInline,)
    what_a_deletion_does = _("What is in it, and the links that lead to it, go with it.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("key_digest", "offer_digest")

    def view_on_site(self, obj: Any) -> str | None:
        return reverse("cart_detail", args=[obj.public_id])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_be_deleted(self, obj: Any) -> bool:
        return bool(obj.is_open)


@admin.register(ShopperSession)
class ShopperSessionAdmin(ReadOnlyAdmin):
    """Which browsers were handed a cart, and until when."""

    class OfStore(StoreFilter):
        lookup = "cart__store__public_id"

    list_display = ("cart", "date_added", "expires_at")
    list_filter = (OfStore,)
    list_select_related = ("cart",)
    search_fields = ("=cart__public_id",)
    sortable_by = ("date_added", "expires_at")
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("digest")

    def visible(self, rows: QuerySet[Any], user: Person) -> QuerySet[Any]:
        return rows.filter(cart__in=Cart.objects.visible_to(user))
