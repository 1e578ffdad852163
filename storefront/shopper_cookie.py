"""The cookie of a shopper session: its name, its rules, and the cart it stands for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from storefront.models import Cart, ShopperSession
from storefront.models.shopper import LIFETIME


def name() -> str:
    """Over https the prefix keeps a neighbouring host from planting a cookie here."""
    return "__Host-shopper" if settings.SESSION_COOKIE_SECURE else "shopper"


def give(response: HttpResponse, value: str) -> None:
    response.set_cookie(
        name(),
        value,
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def session_of(request: HttpRequest) -> ShopperSession | None:
    """The living session that this browser has, with its cart and store."""
    value = request.COOKIES.get(name(), "")
    if not value:
        return None
    sessions = ShopperSession.objects.of_cookie(value)
    return sessions.select_related("cart__store", "cart__invoice").first()


def cart_of(request: HttpRequest) -> Cart | None:
    """The cart that this browser was handed, as long as both and the store are alive."""
    session = session_of(request)
    if session is None or not session.cart.is_alive or not session.cart.store.is_enabled:
        return None
    return session.cart
