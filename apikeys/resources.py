"""Resources: what a protected view can name, and what a key can be narrowed to."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apikeys.call import ANY


def validate(value: Any) -> None:
    """Validator: a list of resource names out of the setting, each once."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValidationError(_("Resources are a list of names."), code="invalid")
    for name in value:
        if name not in settings.APIKEYS_RESOURCES:
            raise ValidationError(
                _("“%(name)s” is not a resource. Choose from: %(known)s."),
                code="unknown_resource",
                params={"name": name, "known": ", ".join(settings.APIKEYS_RESOURCES)},
            )
    if len(set(value)) != len(value):
        raise ValidationError(_("Name each resource once."), code="repeated")


def permitted(chosen: Any, resource: str | None) -> bool:
    """Whether a key with these chosen resources may use a view that names ``resource``.

    None chosen means all but the privileged ones, which must be ticked on purpose. A view that
    names nothing, or something unknown, is refused: what was forgotten must not be open. So is a
    damaged row: text would "contain" the names within it, and a null would look like none chosen.
    """
    if resource == ANY:
        return True
    if resource is None or resource not in settings.APIKEYS_RESOURCES:
        return False
    if not isinstance(chosen, list):
        return False
    return resource in chosen if chosen else resource not in settings.APIKEYS_PRIVILEGED_RESOURCES
