"""Shopper sessions: what lets a customer's browser see one cart, and nothing else."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import tokens
from apikeys.housekeeping import delete_in_steps
from storefront.models.cart import Cart

LIFETIME: Final = timedelta(hours=24)
LENGTH: Final = 43


class ShopperSessionQuerySet(models.QuerySet["ShopperSession"]):
    def begin(self, cart: Cart) -> tuple["ShopperSession", str]:
        """Begin a session and return it with the value of its cookie, of which we keep a digest."""
        value = tokens.random_base62(LENGTH)
        session = self.create(
            cart=cart,
            digest=tokens.digest(_digested(value), tokens.newest_pepper_id()),
            expires_at=timezone.now() + LIFETIME,
        )
        return session, value

    def of_cookie(self, value: str) -> "ShopperSessionQuerySet":
        """The living session with this cookie, or none."""
        digests = tokens.digests(_digested(value))
        return self.filter(digest__in=digests, expires_at__gt=timezone.now())

    def prune(self) -> int:
        """Forget the sessions that are over. Returns how many."""
        return delete_in_steps(self.filter(expires_at__lte=timezone.now()), skip_held=True)


class ShopperSession(models.Model):
    """One browser that was handed one cart. It has nothing to do with the console's sessions."""

    cart = models.ForeignKey(
        Cart, on_delete=models.CASCADE, related_name="shopper_sessions", verbose_name=_("cart")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    objects = ShopperSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("shopper session")
        verbose_name_plural = _("shopper sessions")
        ordering = ("-date_added", "-pk")
        indexes = (models.Index(fields=["expires_at"], name="shoppersession_expiry"),)

    def __str__(self) -> str:
        return f"{self.cart} {self.date_added:%Y-%m-%d %H:%M}"


def _digested(value: str) -> str:
    return f"shopper session {value[:100]}"
