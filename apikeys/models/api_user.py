"""API users: one integration each, in one store."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.models.change import ChangeRecord
from apikeys.models.scope import ScopedQuerySet
from apikeys.models.search_word import UserWord, Way, found_by, words_of
from apikeys.models.searchable import Searchable
from apikeys.models.status import Switchable
from apikeys.models.store import Store


def validate_length(username: str) -> None:
    """Validator for new names; only imported ones may be shorter or longer."""
    if not 3 <= len(username) <= 20:
        raise ValidationError(_("API Username must be between 3 and 20 characters!"), code="length")


class Obstacle(models.TextChoices):
    """Why every call of an enabled key is refused all the same."""

    USER = "user_disabled", _("API user disabled")
    OWNER = "owner_inactive", _("Owner inactive")
    STORE = "store_disabled", _("Store disabled")


class APIUserQuerySet(ScopedQuerySet["APIUser"]):
    @transaction.atomic
    def add(
        self,
        *,
        actor: Actor,
        store: Store,
        username: str,
        owner: User | None = None,
    ) -> "APIUser":
        """Create an API user. Raises ``ValidationError`` when the name is taken or does not fit."""
        api_user = self.proposed(store=store, username=username, owner=owner)
        try:
            with transaction.atomic():
                api_user.save(force_insert=True)
        except IntegrityError:
            # Somebody was first, after we had looked: now the check sees it and says so.
            api_user.full_clean()
            raise
        api_user.note(actor, "created", after=api_user.snapshot())
        return api_user

    def proposed(self, *, store: Store, username: str, owner: User | None = None) -> "APIUser":
        """What ``add`` would create, checked and not saved. Raises ``ValidationError`` likewise."""
        try:
            validate_length(username)
        except ValidationError as error:
            raise ValidationError({"username": error}) from error
        api_user = APIUser(store=store, username=username, owner=owner)
        api_user.full_clean()
        return api_user

    def matching(self, text: str) -> Self:
        """Those whose name has a word that begins so for every word, or that this person owns."""
        ways = [Way.by_words(UserWord, text), Way.by_owner(self.model, "owner", text)]
        return found_by(self, ways)

    def named(self, username: str) -> "APIUserQuerySet":
        """The one with this username, compared without regard to case."""
        return self.annotate(folded=Lower("username")).filter(folded=username.lower())


class APIUser(Switchable, Searchable):
    """One integration ("inventory-sync"). Its keys act in its store only."""

    # Imported names may have up to 64 characters; the 20 of new ones are kept by the deed.
    username = models.CharField(
        _("API username"),
        max_length=64,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?\Z",
                _(
                    "Use letters, digits, dot, underscore and hyphen; begin and end with a "
                    "letter or digit."
                ),
            )
        ],
    )
    store = models.ForeignKey(
        Store, on_delete=models.PROTECT, related_name="api_users", verbose_name=_("store")
    )
    # PROTECT: a console user who leaves hands the integrations over first (they never die with
    # the person, which is the most frequent complaint about WooCommerce's keys).
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="api_users",
        verbose_name=_("owner"),
        help_text=_("The console user who answers for it. When inactive, the keys are refused."),
    )

    searched = frozenset({"username"})

    objects = APIUserQuerySet.as_manager()

    # Set by the keyring; None when there is no owner.
    owner_is_active: bool | None = None

    # What DRF and views ask of request.user.
    is_authenticated = True
    is_anonymous = False

    class Meta(Switchable.Meta):
        verbose_name = _("API user")
        verbose_name_plural = _("API users")
        ordering = ("username", "pk")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Switchable.Meta.constraints,
            models.UniqueConstraint(
                Lower("username"),
                name="apiuser_username_unique_without_case",
                violation_error_message=_("There is an API user of this name already."),
            ),
            models.CheckConstraint(name="apiuser_has_username", condition=~Q(username="")),
        )
        indexes = (
            models.Index(fields=["username"], name="apiuser_in_order"),
            models.Index(fields=["status", "username"], name="apiuser_by_status"),
        )

    def __str__(self) -> str:
        return self.username

    @property
    def is_active(self) -> bool:
        return self.is_enabled

    @property
    def obstacle(self) -> Obstacle | None:
        """What keeps all its keys out, whatever their own state; the gate asks in this order."""
        if not self.is_enabled:
            return Obstacle.USER
        if self.owner is not None and not self.owner.is_active:
            return Obstacle.OWNER
        return None if self.store.is_enabled else Obstacle.STORE

    def words(self) -> list[str]:
        return words_of(self.username)

    def snapshot(self) -> dict[str, Any]:
        return {
            "username": self.username,
            "store": self.store.public_id,
            "owner": self.owner.get_username() if self.owner else "",
        }

    def change_references(self) -> dict[str, Any]:
        return {
            "kind": ChangeRecord.Kind.API_USER,
            "name": self.username,
            "store": self.store,
            "store_public_id": self.store.public_id,
            "api_user": self,
            "username": self.username,
        }

    @transaction.atomic
    def hand_over(self, *, actor: Actor, owner: User | None) -> bool:
        """Give the API user another owner, or none. Returns whether anything changed."""
        self.lock()
        if owner == self.owner:
            return False
        before = self.snapshot()["owner"]
        self.owner = owner
        self.modified("owner")
        after = self.snapshot()["owner"]
        self.note(actor, "handed over", before={"owner": before}, after={"owner": after})
        return True

    def delete(  # type: ignore[override]
        self, *, actor: Actor, reason: str = ""
    ) -> tuple[int, dict[str, int]]:
        """Delete an API user without keys; its name stays in history and in the changes."""
        with transaction.atomic():
            self.lock()
            if self.keys.exists():
                raise ValidationError(_("Delete the keys of this API user first."), code="has_keys")
            self.note(actor, "deleted", before=self.snapshot(), reason=reason)
            return super().delete()
