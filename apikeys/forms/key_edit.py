"""Change what can be changed of a key."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.forms.choices import offer_values
from apikeys.forms.expiry import CHOICES
from apikeys.forms.key_settings import KeySettingsForm
from apikeys.forms.opened import RevisionField
from apikeys.models import APIKey, ChangeRecord, Permission
from apikeys.models.scope import Person

KEEP = ("keep", _("Leave as it is"))


class KeyEditForm(KeySettingsForm):
    key: APIKey
    revision = RevisionField()
    last_change = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2**63 - 1
    )

    @classmethod
    def of_key(cls, key: APIKey, data: Any = None, *, operator: Person) -> Self:
        """The form with what the key has now."""
        initial = {name: getattr(key, name) for name in APIKey.SETTINGS} | cls.state_of(key)
        form = cls(data, operator=operator, initial=initial)
        form.key = key
        if key.expires_at is not None:
            offer_values(form, "expiry", [KEEP, *CHOICES])
            form.fields["expiry"].initial = "keep"
        return form

    @staticmethod
    def state_of(key: APIKey) -> dict[str, Any]:
        """What the form was opened on: the key's revision and its newest change."""
        newest = ChangeRecord.objects.of_key(key).values_list("pk", flat=True).first()
        return {"revision": key.revision, "last_change": newest or ""}

    @property
    def lets_write(self) -> bool:
        """Whether a key that only reads would be able to write afterwards."""
        asked = self.cleaned_data["permission"]
        return self.key.permission == Permission.READ and asked != Permission.READ

    @property
    def widens(self) -> bool:
        """Whether the key would change data from any address, and does not yet."""
        asked = self.cleaned_data
        is_wide = self.key.any_ip and self.key.permission != Permission.READ
        becomes_wide = asked["any_ip"] and asked["permission"] != Permission.READ
        return bool(becomes_wide and not is_wide)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("expiry") == "keep":
            cleaned["expires_at"] = self.key.expires_at
        return cleaned

    def save(self, *, actor: Actor) -> bool:
        """Hand over to the deed. Returns whether anything changed."""
        return self.key.change(
            actor=actor, revision=self.cleaned_data["revision"], **self.key_settings()
        )
