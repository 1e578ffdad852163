"""Create a key, for an API user that exists or for a new one."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apikeys import networks
from apikeys.actor import Actor
from apikeys.forms.addresses import AddressesField
from apikeys.forms.choices import offer_rows
from apikeys.forms.key_settings import KeySettingsForm
from apikeys.forms.people import owners_for
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import APIKey, APIUser, Permission, Status, Store
from apikeys.text import plain_text

OFFERED_USERS = 200


class KeyCreateForm(KeySettingsForm):
    username = forms.CharField(
        label=_("API user"),
        max_length=64,
        validators=[plain_text],
        help_text=_("An existing one, or a new name of 3 to 20 characters: “inventory-sync”."),
    )
    store = forms.ModelChoiceField(
        label=_("Store"),
        queryset=Store.objects.none(),
        to_field_name="public_id",
        empty_label=_("Choose…"),
        required=False,
        help_text=_("Only for a new API user; an existing one has its store."),
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=get_user_model()._default_manager.none(),
        to_field_name="username",
        empty_label=_("Nobody"),
        required=False,
        help_text=_("Only for a new API user: the console user who answers for it."),
    )
    status = forms.ChoiceField(label=_("Status"), choices=Status.choices, initial=Status.ENABLED)
    allowed_ips = AddressesField(required=False)
    signing = forms.BooleanField(label=_("May sign calls (OAuth 1.0a)"), required=False)
    mode = forms.ChoiceField(
        label=_("Kind"), choices=[("live", _("Live")), ("test", _("Test"))], initial="live"
    )
    submission = forms.UUIDField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = uuid.uuid4
        self.stores = Store.objects.visible_to(self.operator)
        offer_rows(self, "store", self.stores)
        offer_rows(self, "owner", owners_for(self.operator))
        self.api_user: APIUser | None = None

    @property
    def usernames(self) -> list[str]:
        """Names to choose from; more than these can still be typed."""
        users = APIUser.objects.visible_to(self.operator).order_by("username")
        return list(users.values_list("username", flat=True)[:OFFERED_USERS])

    @property
    def only_store(self) -> Store | None:
        """The store that needs no choice."""
        stores = list(self.stores[:2])
        return stores[0] if len(stores) == 1 else None

    @property
    def is_wide(self) -> bool:
        """Whether anybody anywhere could change something with this key, should it leak."""
        cleaned = self.cleaned_data
        return bool(cleaned["any_ip"] and cleaned["permission"] != Permission.READ)

    @property
    def doubts(self) -> list[str]:
        """What to look at again before the key is made: overlaps and very wide networks."""
        chosen = [network for network, _label in self.cleaned_data["allowed_ips"]]
        return networks.remarks(chosen, on_private=False)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if "allowed_ips" not in self.errors:
            self._demand_addresses(cleaned)
        if username := cleaned.get("username"):
            self._find_user(username, cleaned.get("store") or self.only_store)
        return cleaned

    def _demand_addresses(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("any_ip") and cleaned.get("allowed_ips"):
            message = _("Name addresses or turn on “Any address”, not both.")
        elif not cleaned.get("any_ip") and not cleaned.get("allowed_ips"):
            message = _("Name at least one address, or turn on “Any address”.")
        else:
            return
        self.add_error("allowed_ips", ValidationError(message, code="addresses"))

    def _existing(self, username: str) -> APIUser | None:
        return APIUser.objects.visible_to(self.operator).filter(username=username).first()

    def _find_user(self, username: str, store: Store | None) -> None:
        self.api_user = self._existing(username)
        if self.api_user is not None:
            if self.cleaned_data.get("store") not in (None, self.api_user.store):
                self.add_error("store", _("This API user belongs to another store."))
            if self.cleaned_data.get("owner") not in (None, self.api_user.owner):
                message = _("This API user has another owner; hand it over on its own page.")
                self.add_error("owner", message)
            return
        if not self.operator.has_perm("apikeys.add_apiuser"):
            message = _("There is no such API user, and you may not create one.")
            self.add_error("username", message)
        elif store is None:
            self.add_error("store", _("Choose the store of the new API user."))
        else:
            self.cleaned_data["store"] = store
            try:
                APIUser.objects.proposed(store=store, username=username)
            except ValidationError as error:
                # Somebody may have added it this very moment, or this very form when sent twice.
                if self._existing(username) is not None:
                    self._find_user(username, store)
                else:
                    self.add_error("username", error.messages)

    def issue(self, *, actor: Actor) -> tuple[APIKey, str] | None:
        """Make the key, and its API user if it is new; None when the deeds found an error.

        Raises ``AlreadySubmitted`` when this form came before, however close behind.
        """
        submission = self.cleaned_data["submission"]
        try:
            with transaction.atomic():
                self._refuse_repetition()
                return APIKey.objects.issue(
                    actor=actor,
                    api_user=self.api_user or self._add_user(actor),
                    status=self.cleaned_data["status"],
                    allowed_ips=self.cleaned_data["allowed_ips"],
                    signing=self.cleaned_data["signing"],
                    mode=self.cleaned_data["mode"],
                    submission=str(submission) if submission else None,
                    **self.key_settings(),
                )
        except ValidationError as error:
            # Two submissions at the same moment: the other one may just have been first.
            self._refuse_repetition()
            self.show(error)
            return None
        except IntegrityError:
            self._refuse_repetition()
            raise

    def _refuse_repetition(self) -> None:
        submission = self.cleaned_data["submission"]
        made = APIKey.objects.filter(submission=str(submission)).first() if submission else None
        if made is not None:
            raise AlreadySubmitted(made)

    def _add_user(self, actor: Actor) -> APIUser:
        asked = {name: self.cleaned_data[name] for name in ("store", "username", "owner")}
        return APIUser.objects.add(actor=actor, **asked)
