"""API keys: the stored record, its rules, and every deed that can be done to it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import ratelimit, resources, tokens
from apikeys.actor import Actor
from apikeys.models.allowed_ip import AddressList
from apikeys.models.api_user import APIUser
from apikeys.models.change import ChangeRecord, ChangeRecordQuerySet
from apikeys.models.key_lists import LIST_INDEXES, ListedKeys
from apikeys.models.search_word import ending_of, words_of
from apikeys.models.searchable import Searchable
from apikeys.models.secret import Rotatable, Secret
from apikeys.models.status import Status, Switchable
from apikeys.text import plain_text

MAX_LIFETIME = timedelta(days=50 * 365)


class Permission(models.TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Write")
    READ_WRITE = "read_write", _("Read/Write")


class APIKeyQuerySet(ListedKeys):
    path_to_store = "api_user__store"

    @transaction.atomic
    def issue(
        self,
        *,
        actor: Actor,
        api_user: APIUser,
        permission: str = Permission.READ,
        resources: Iterable[str] = (),
        allowed_ips: Iterable[str | tuple[str, str]] = (),
        any_ip: bool = False,
        expires_at: datetime | None = None,
        rate_limit: str = "",
        description: str = "",
        status: str = Status.ENABLED,
        signing: bool = False,
        mode: str = "live",
        submission: str | None = None,
    ) -> tuple["APIKey", str]:
        """Create a key and return it with its secret, which can never be shown again.

        ``allowed_ips`` are networks or pairs of network and label; without any, and without
        ``any_ip``, nobody can use the key. Raises ``ValidationError`` and leaves nothing behind
        when a value does not fit.
        """
        # Whoever deletes the API user now waits, and then finds this key; the other way round the
        # check below finds no API user. Otherwise the database would complain at the commit.
        list(APIUser.objects.select_for_update(no_key=True).filter(pk=api_user.pk))
        minted = tokens.mint(mode)
        key = APIKey(
            consumer_key=minted.consumer_key,
            api_user=api_user,
            description=description,
            permission=permission,
            resources=list(resources),
            any_ip=any_ip,
            expires_at=expires_at,
            rate_limit=rate_limit,
            submission=submission,
            status=status,
            disabled_at=None if status == Status.ENABLED else timezone.now(),
        )
        key.full_clean()
        key.save(force_insert=True)
        Secret.objects.add(key=key, secret=minted.secret, signing=signing)
        added = key._add_ips(allowed_ips)
        key.note(
            actor,
            "issued",
            after={**key.snapshot(), "allowed_ips": added, "signing": signing, "status": status},
        )
        return key, minted.secret

    def disable_unused(self, moment: datetime, *, actor: Actor) -> list["APIKey"]:
        """Disable those unused since ``moment``, one whole deed a key; returns the disabled ones.

        Each is looked at again under its lock: a call may have come in since the list was made.
        """
        keys = self.unused_since(moment).select_related("api_user__store")
        return [key for key in keys if key.disable_if_unused(moment, actor=actor)]


class APIKey(AddressList, Rotatable, Switchable, Searchable):
    """What one caller may do. The consumer key is public; secrets are versions of their own."""

    consumer_key = models.CharField(_("consumer key"), max_length=64, unique=True, editable=False)
    api_user = models.ForeignKey(
        APIUser,
        on_delete=models.PROTECT,
        related_name="keys",
        verbose_name=_("API user"),
        db_index=False,  # apikey_of_user
    )
    description = models.CharField(
        _("description"), max_length=200, blank=True, validators=[plain_text]
    )
    permission = models.CharField(
        _("permission level"), max_length=10, choices=Permission, default=Permission.READ
    )
    resources = models.JSONField(
        _("resources"), default=list, blank=True, validators=[resources.validate]
    )
    any_ip = models.BooleanField(_("any address"), default=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    rate_limit = models.CharField(
        _("rate limit"), max_length=32, blank=True, validators=[ratelimit.validate]
    )
    enabled_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    # Names the form that asked for this key, so that sending it twice makes one key.
    submission = models.CharField(max_length=36, unique=True, null=True, editable=False)  # noqa: DJ001

    # What is chosen when a key is issued, and can be changed afterwards.
    SETTINGS = ("description", "permission", "resources", "any_ip", "expires_at", "rate_limit")

    # The API user stays, and its name does.
    searched = frozenset({"description"})

    objects = APIKeyQuerySet.as_manager()

    class Meta(Switchable.Meta):
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-date_added", "-pk")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Switchable.Meta.constraints,
            models.CheckConstraint(
                name="apikey_permission_is_known", condition=Q(permission__in=Permission.values)
            ),
            models.CheckConstraint(name="apikey_has_consumer_key", condition=~Q(consumer_key="")),
        )
        indexes = LIST_INDEXES

    def __str__(self) -> str:
        return f"{self.api_user.username} {self.hint}"

    @property
    def hint(self) -> str:
        return tokens.hint(self.consumer_key)

    @property
    def mode(self) -> str:
        """``live`` or ``test``: a label for people and secret scanners, not a rule."""
        return "test" if self.consumer_key.startswith("ck_test_") else "live"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def state(self) -> str:
        """``disabled``, ``expired`` or ``enabled``, as lists and filters name it."""
        if not self.is_enabled:
            return "disabled"
        return "expired" if self.is_expired else "enabled"

    def words(self) -> list[str]:
        words = words_of(self.description, self.api_user.username)
        return [*words, ending_of(self.consumer_key)]

    def permits(self, resource: str | None) -> bool:
        """Whether the key may use a view that names this resource."""
        return resources.permitted(self.resources, resource)

    def snapshot(self) -> dict[str, Any]:
        return {
            "description": self.description,
            "permission": str(self.permission),
            "resources": list(self.resources),
            "any_ip": self.any_ip,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "rate_limit": self.rate_limit,
        }

    def change_references(self) -> dict[str, Any]:
        return {
            **self.api_user.change_references(),
            "kind": ChangeRecord.Kind.API_KEY,
            "name": str(self),
            "api_key": self,
            "consumer_key": self.consumer_key,
        }

    def changes(self) -> ChangeRecordQuerySet:
        return ChangeRecord.objects.of_key(self)

    def clean(self) -> None:
        if self.expires_at is not None and self._expiry_moved():
            now = timezone.now()
            if self.expires_at <= now:
                raise ValidationError({"expires_at": _("The expiry must be in the future.")})
            if self.expires_at > now + MAX_LIFETIME:
                raise ValidationError(
                    {"expires_at": _("Choose a date within 50 years, or no expiry.")}
                )

    def _expiry_moved(self) -> bool:
        return not type(self).objects.filter(pk=self.pk, expires_at=self.expires_at).exists()

    @transaction.atomic
    def change(self, *, actor: Actor, revision: int | None = None, **fields: Any) -> bool:
        """Set some of ``SETTINGS``.

        Returns whether anything changed. Raises ``StaleRevision`` when ``revision`` is given and
        the key has moved on, and ``ValidationError`` when a value does not fit.
        """
        self.lock_at(revision)
        return self._set(fields, actor=actor)

    @transaction.atomic
    def enable(self, *, actor: Actor, reason: str = "") -> bool:
        """Let calls in again; from now on the key counts as unused only after its full time."""
        if not super().enable(actor=actor, reason=reason):
            return False
        self.enabled_at = self.date_modified
        self.save(update_fields=["enabled_at"])
        return True

    @transaction.atomic
    def disable_if_unused(self, moment: datetime, *, actor: Actor) -> bool:
        """Disable, unless it was called, switched or deleted since the list was made."""
        if not type(self).objects.select_for_update().unused_since(moment).filter(pk=self.pk):
            return False
        return self.disable(actor=actor, reason="unused")

    def delete(  # type: ignore[override]
        self, *, actor: Actor, reason: str = ""
    ) -> tuple[int, dict[str, int]]:
        """Delete a disabled key with its secrets and allowed IPs; history and changes stay."""
        with transaction.atomic():
            self.lock()
            if self.is_enabled:
                raise ValidationError(
                    _("Disable the key first, and delete it once nothing needs it."), code="enabled"
                )
            self.note(actor, "deleted", before=self.snapshot(), reason=reason)
            return super().delete()
