"""Allowed IPs: the addresses and networks from which a restricted key may be used."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.actor import Actor
from apikeys.models.revision import Revisioned
from apikeys.text import plain_text

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

MAX_ALLOWED_IPS = 1000


def canonical(network: str) -> None:
    """Validator: only the canonical spelling is stored, so that equal networks are equal rows."""
    try:
        entry = networks.parse_entry(network)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from error
    if entry != network:
        raise ValidationError(
            _("Write this network as %(network)s."), code="invalid", params={"network": entry}
        )


class AllowedIP(models.Model):
    """One address or network, with a label that says whose it is."""

    api_key = models.ForeignKey(
        "apikeys.APIKey",
        on_delete=models.CASCADE,
        related_name="allowed_ips",
        verbose_name=_("API key"),
    )
    network = models.CharField(_("address or network"), max_length=43, validators=[canonical])
    label = models.CharField(_("label"), max_length=100, blank=True, validators=[plain_text])
    date_added = models.DateTimeField(_("date added"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("allowed IP")
        verbose_name_plural = _("allowed IPs")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["api_key", "network"],
                name="allowedip_once_per_key",
                violation_error_message=_("This address is on the list already."),
            ),
            models.CheckConstraint(name="allowedip_has_network", condition=~Q(network="")),
        )
        indexes = (models.Index(fields=["network"], name="allowedip_network"),)

    def __str__(self) -> str:
        return networks.spellings(self.network)[0]

    @property
    def spellings(self) -> tuple[str, str]:
        """Both ways to write it: ``203.0.113.0/24`` and ``203.0.113.*`` (blank if only one)."""
        return networks.spellings(self.network)


class AddressList(Revisioned):
    """The deeds on a key's list of allowed IPs."""

    if TYPE_CHECKING:
        allowed_ips: RelatedManager[AllowedIP]

    class Meta:
        abstract = True

    def _add_ips(self, entries: Iterable[str | tuple[str, str]]) -> list[str]:
        pairs = dict((entry, "") if isinstance(entry, str) else entry for entry in entries)
        rows = [
            AllowedIP(api_key_id=self.pk, network=network, label=label)
            for network, label in pairs.items()
        ]
        for row in rows:
            row.full_clean(exclude=["api_key"], validate_unique=False, validate_constraints=False)
        known = set(self.allowed_ips.values_list("network", flat=True))
        new = [row for row in rows if row.network not in known]
        if len(known) + len(new) > MAX_ALLOWED_IPS:
            raise ValidationError(
                _("A key has at most %(limit)s allowed IPs. Use networks instead of addresses."),
                code="too_many",
                params={"limit": MAX_ALLOWED_IPS},
            )
        AllowedIP.objects.bulk_create(new)
        return [row.network for row in new]

    @transaction.atomic
    def allow_ips(
        self,
        entries: Iterable[str | tuple[str, str]],
        *,
        actor: Actor,
    ) -> list[str]:
        """Add networks (canonical), or pairs of network and label. Returns those that were new."""
        self.lock()
        added = self._add_ips(entries)
        if added:
            self.modified()
            self.note(actor, "allowed IP added", after={"allowed_ips": added})
        return added

    @transaction.atomic
    def disallow_ips(self, networks: Iterable[str], *, actor: Actor) -> list[str]:
        """Remove networks. An emptied list lets nobody in. Returns those that were there."""
        self.lock()
        rows = self.allowed_ips.filter(network__in=list(networks))
        removed = list(rows.values_list("network", flat=True))
        if removed:
            rows.delete()
            self.modified()
            self.note(actor, "allowed IP removed", before={"allowed_ips": removed})
        return removed

    @transaction.atomic
    def label_ip(
        self, network: str, *, label: str, actor: Actor, revision: int | None = None
    ) -> bool:
        """Give an allowed IP another label. Returns whether anything changed."""
        self.lock_at(revision)
        row = self.allowed_ips.get(network=network)
        before, row.label = row.label, label
        if before == label:
            return False
        row.full_clean(exclude=["api_key"], validate_unique=False, validate_constraints=False)
        row.save(update_fields=["label"])
        self.modified()
        self.note(
            actor,
            "allowed IP labelled",
            before={"network": network, "label": before},
            after={"network": network, "label": label},
        )
        return True
