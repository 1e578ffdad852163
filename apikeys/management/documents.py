"""An API key as commands print it: everything people set, nothing secret."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Prefetch

from apikeys import ratelimit
from apikeys.management.base import details
from apikeys.models import APIKey, Secret
from apikeys.models.api_key import APIKeyQuerySet

ROW = ("consumer_key", "username", "store_id", "description", "last_used_at", "date_added")


def key_rows(keys: Iterable[APIKey]) -> list[dict[str, Any]]:
    """What a deed on many keys says of each, by the names of ``ROW``."""
    return [
        {
            "consumer_key": key.consumer_key,
            "username": key.api_user.username,
            "store_id": key.api_user.store.public_id,
            "description": key.description,
            "last_used_at": key.last_used_at,
            "date_added": key.date_added,
        }
        for key in keys
    ]


def key_document(key: APIKey, *, secret: str | None = None) -> dict[str, Any]:
    """The settings of one key as they are now; with its secret only when it was just made."""
    (document,) = key_documents(APIKey.objects.filter(pk=key.pk))
    for name in ("status", "obstacle", "last_used_at", "date_added", "date_modified"):
        del document[name]
    if secret is None:
        return document
    return {"consumer_key": key.consumer_key, "consumer_secret": secret, **document}


def key_details(document: Mapping[str, Any]) -> str:
    """The same for people, to whom an empty list of resources would look like none at all."""
    return details({**document, "resources": document["resources"] or "all but privileged ones"})


def key_documents(keys: APIKeyQuerySet) -> Iterator[dict[str, Any]]:
    """The settings and the state of many keys, with three queries for a thousand of them."""
    current = Secret.objects.filter(retires_at=None)
    keys = keys.select_related("api_user__store", "api_user__owner").prefetch_related(
        "allowed_ips", Prefetch("secrets", queryset=current, to_attr="current_secrets")
    )
    for key in keys.iterator(chunk_size=1000):
        yield {
            "consumer_key": key.consumer_key,
            "username": key.api_user.username,
            "store_id": key.api_user.store.public_id,
            "description": key.description,
            "permission": key.permission,
            "resources": key.resources,
            "allowed_ips": [entry.network for entry in key.allowed_ips.all()],
            "any_ip": key.any_ip,
            "signing": any(secret.sealed for secret in key.current_secrets),  # type: ignore[attr-defined]
            "expires_at": key.expires_at,
            "rate_limit": ratelimit.text_of(key.rate_limit),
            "status": key.state,
            "obstacle": key.api_user.obstacle,
            "last_used_at": key.last_used_at,
            "date_added": key.date_added,
            "date_modified": key.date_modified,
        }
