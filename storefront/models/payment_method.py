"""Payment methods: what a store offers at its checkout, without anything secret."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models import ChangeRecord, Store
from apikeys.models.scope import ScopedQuerySet
from apikeys.text import plain_text
from storefront import debug_fields
from storefront.models.owned import Owned, saved_once

CODE_TAKEN = _("This store has a payment method of this id already.")


class Mode(models.TextChoices):
    LIVE = "live", _("Live")
    TEST = "test", _("Test")


class PaymentMethodQuerySet(ScopedQuerySet["PaymentMethod"]):
    @transaction.atomic
    def add(self, *, actor: Actor, store: Store, code: str, **fields: Any) -> "PaymentMethod":
        """Add a payment method. Raises ``ValidationError`` when a value does not fit."""
        method = PaymentMethod(store=store, code=code, **fields)
        method.full_clean()
        with saved_once(CODE_TAKEN):
            method.save(force_insert=True)
        method.note(actor, "created", after=method.snapshot())
        return method

    def offered(self) -> "PaymentMethodQuerySet":
        """Those that a shopper can choose."""
        return self.filter(enabled=True)


class PaymentMethod(Owned):
    """One way to pay. The debug fields are public values that help integrators, never secrets."""

    change_kind = ChangeRecord.Kind.PAYMENT

    code = models.CharField(
        _("id"),
        max_length=40,
        validators=[
            RegexValidator(
                r"\A[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\Z",
                _("Use small letters, digits, underscore and hyphen: stripe, bank-transfer."),
            )
        ],
    )
    title = models.CharField(_("title"), max_length=100, validators=[plain_text])
    enabled = models.BooleanField(_("enabled"), default=True)
    mode = models.CharField(_("mode"), max_length=4, choices=Mode, default=Mode.TEST)
    debug = models.JSONField(
        _("debug fields"), default=dict, blank=True, validators=[debug_fields.validate]
    )

    objects = PaymentMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ("code", "pk")
        permissions = (("view_payment_debug", _("Can see payment debug information")),)
        constraints = (
            models.UniqueConstraint(
                fields=["store", "code"],
                name="paymentmethod_code_once_a_store",
                violation_error_message=CODE_TAKEN,
            ),
            models.CheckConstraint(name="paymentmethod_has_code", condition=~Q(code="")),
            models.CheckConstraint(
                name="paymentmethod_mode_is_known", condition=Q(mode__in=Mode.values)
            ),
        )
        indexes = (models.Index(fields=["code", "id"], name="paymentmethod_in_order"),)

    def __str__(self) -> str:
        return self.title

    @property
    def payment_context(self) -> dict[str, Any]:
        """What a key that may see debug information is told."""
        return {"mode": str(self.mode), **self.debug}

    def clean(self) -> None:
        self.debug = self.debug or {}  # a form's blank field and PHP's empty object arrive as []
        debug_fields.refuse_secret("title", self.title)

    def snapshot(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "enabled": self.enabled,
            "mode": str(self.mode),
            "debug": dict(self.debug),
        }

    def note(
        self,
        actor: Actor,
        action: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> ChangeRecord:
        """A record of debug fields has their names: not all who read it may see the values."""
        before, after = _by_name(before), _by_name(after)
        return super().note(actor, action, before=before, after=after, reason=reason)

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> bool:
        """Set title, enabled, mode or debug fields. Returns whether anything changed."""
        self.lock()
        if "code" in fields:
            raise TypeError("Invoices name a payment method by its code, which stays.")
        return self._set(fields, actor=actor)

    def delete(  # type: ignore[override]
        self, *, actor: Actor
    ) -> tuple[int, dict[str, int]]:
        """Take it off the checkout; invoices that name it stay as they are."""
        with transaction.atomic():
            self.lock()
            self.note(actor, "deleted", before=self.snapshot())
            return super().delete()


def _by_name(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if not values or "debug" not in values:
        return values
    return values | {"debug": sorted(values["debug"])}
