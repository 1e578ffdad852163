"""Forms for API users and stores."""

from typing import Any, Final, cast

from django import forms
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apikeys.actor import Actor
from apikeys.forms.choices import offer_rows
from apikeys.forms.opened import OpenedForm
from apikeys.forms.submitted import AlreadySubmitted
from apikeys.models import APIUser, Store
from apikeys.models.scope import Person, sees_every_store
from apikeys.models.store import new_store_id
from apikeys.text import plain_text

SALT: Final = "the Store ID of a new store"


def console_users() -> QuerySet[Any]:
    """Active people to whom the console is open."""
    people = get_user_model()._default_manager.filter(is_active=True)
    return people.filter(Q(is_staff=True) | Q(is_superuser=True)).order_by("username")


def owners_for(operator: Person, api_user: APIUser | None = None) -> QuerySet[Any]:
    """Whom an operator may make the owner: anybody for a superuser, otherwise colleagues.

    Who owns the API user already stays on the list, also when inactive: saving the form must not
    drop an owner that nobody took away.
    """
    possible = _near(operator)
    if api_user is None or api_user.owner_id is None:
        return possible
    people = get_user_model()._default_manager
    chosen = Q(pk__in=possible.values("pk")) | Q(pk=api_user.owner_id)
    return people.filter(chosen).order_by("username")


def _near(operator: Person) -> QuerySet[Any]:
    if sees_every_store(operator):
        return console_users()
    stores = Store.objects.visible_to(operator)
    near = Q(stores__in=stores) | Q(api_users__store__in=stores) | Q(pk=operator.pk)
    return console_users().filter(near).distinct()


class OwnerForm(OpenedForm):
    """The console user who answers for an API user."""

    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=get_user_model()._default_manager.none(),
        required=False,
        to_field_name="username",
        empty_label=_("Nobody"),
        help_text=_("The console user who answers for it. When inactive, the keys are refused."),
    )

    def __init__(self, *args: Any, operator: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "owner", owners_for(operator, cast(APIUser | None, self.record)))


class UserCreateForm(OwnerForm):
    username = forms.CharField(
        label=_("API username"),
        max_length=64,
        help_text=_("3 to 20 letters, digits, dots, underscores or hyphens: “inventory-sync”."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    store = forms.ModelChoiceField(
        label=_("Store"),
        queryset=Store.objects.none(),
        to_field_name="public_id",
        empty_label=None,
    )
    field_order = ("username", "store", "owner")

    def __init__(self, *args: Any, operator: Person, **kwargs: Any) -> None:
        super().__init__(*args, operator=operator, **kwargs)
        offer_rows(self, "store", Store.objects.visible_to(operator))


class StoreForm(OpenedForm):
    name = forms.CharField(label=_("Name"), max_length=200, validators=[plain_text])
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    currency = forms.CharField(
        label=_("Currency"),
        max_length=4,
        initial="EUR",
        help_text=_("Three or four capital letters: EUR."),
    )


class NewStoreForm(forms.Form):
    """Carries the Store ID that its store will have, so that sent twice it opens one.

    A store is never deleted, so a second one would stay for good. The id is ours: it is signed.
    """

    submission = forms.CharField(label="", widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["submission"] = signing.dumps(new_store_id(), salt=SALT)

    def clean_submission(self) -> str:
        try:
            return str(signing.loads(self.cleaned_data["submission"], salt=SALT))
        except signing.BadSignature:
            return new_store_id()

    def open(self, *, actor: Actor) -> Store:
        """Raises ``AlreadySubmitted`` when this form came before, however close behind."""
        public_id = self.cleaned_data["submission"]
        values = {name: self.cleaned_data[name] for name in ("name", "currency", "website")}
        try:
            with transaction.atomic():
                return Store.objects.open(actor=actor, public_id=public_id, **values)
        except (ValidationError, IntegrityError) as error:
            if store := Store.objects.filter(public_id=public_id).first():
                raise AlreadySubmitted(store) from error
            raise


class StoreCreateForm(NewStoreForm, StoreForm):
    """The form for a new store, and its deed."""


def staff_for(store: Store | None) -> QuerySet[Any]:
    """Whom a superuser may make the staff of a store; superusers see all stores anyway.

    Who is staff already stays on the list: saving the form must not drop what nobody took away.
    """
    possible = console_users().filter(is_superuser=False)
    if store is None:
        return possible
    chosen = Q(pk__in=possible.order_by().values("pk")) | Q(pk__in=store.staff.values("pk"))
    return get_user_model()._default_manager.filter(chosen).order_by("username")


class StaffForm(OpenedForm):
    """The console users who see a store."""

    staff = forms.ModelMultipleChoiceField(
        label=_("Staff"),
        queryset=get_user_model()._default_manager.none(),
        required=False,
        to_field_name="username",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "staff", staff_for(cast(Store | None, self.record)))
