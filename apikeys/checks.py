"""System checks: every setting and every view that could silently weaken the gate."""

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.urls import URLPattern, URLResolver, get_resolver

from apikeys import at_rest, networks, ratelimit, tokens
from apikeys.authentication import is_guarded
from apikeys.call import ANY


@register(Tags.security)
def check_secrets(**kwargs: Any) -> list[CheckMessage]:
    """Digests need a pepper, and signing keys something to be sealed with."""
    messages: list[CheckMessage] = []
    peppers = getattr(settings, "APIKEYS_PEPPERS", {})
    if not peppers:
        messages.append(
            Error(
                "APIKEYS_PEPPERS is empty.",
                hint=f"Set it to 1: and {tokens.PEPPER_DIGITS} random hex digits.",
                id="apikeys.E001",
            )
        )
    for number, pepper in peppers.items():
        if not _is_pepper(pepper):
            messages.append(
                Error(
                    f"Pepper {number} in APIKEYS_PEPPERS is short, or not hexadecimal.",
                    hint=f"Use {tokens.PEPPER_DIGITS} random hex digits or more.",
                    id="apikeys.E002",
                )
            )
    sealing_keys = getattr(settings, "APIKEYS_SEALING_KEYS", ())
    if not sealing_keys or not all(map(_is_fernet_key, sealing_keys)):
        messages.append(
            Error(
                "APIKEYS_SEALING_KEYS does not hold Fernet keys.",
                hint="Make one with cryptography.fernet.Fernet.generate_key(); newest first.",
                id="apikeys.E003",
            )
        )
    return messages


@register(Tags.database)
def check_database(**kwargs: Any) -> list[CheckMessage]:
    """The peppers and sealing keys are those that the database was filled with."""
    if DEFAULT_DB_ALIAS not in (kwargs["databases"] or ()):
        return []
    try:
        found = at_rest.mismatches()
    except DatabaseError:
        return []  # not migrated yet, or down, which others say
    return [Error(mismatch, hint=at_rest.ADVICE, id="apikeys.E009") for mismatch in found]


@register(Tags.security)
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    """Who may say where a call comes from, and by which scheme."""
    messages: list[CheckMessage] = []
    for proxy in settings.TRUSTED_PROXIES:
        try:
            networks.parse_entry(proxy)
        except ValueError as error:
            messages.append(
                Error(
                    f"TRUSTED_PROXIES: {error}",
                    hint="List the addresses or networks of your own proxies, and nothing else.",
                    id="apikeys.E004",
                )
            )
    if settings.PUBLIC_URL.startswith("https://") and not settings.TRUSTED_PROXIES:
        messages.append(
            Info(
                "PUBLIC_URL is https, and no proxy is trusted.",
                hint="Unless this server speaks https itself, list the proxy that does in "
                "TRUSTED_PROXIES; otherwise the console leads people to https for ever.",
                id="apikeys.I001",
            )
        )
    return messages


@register(Tags.security)
def check_transport(**kwargs: Any) -> list[CheckMessage]:
    """Secrets in clear are for a network that nobody else is on."""
    if not settings.ALLOW_INSECURE_TRANSPORT:
        return []
    return [
        Warning(
            "ALLOW_INSECURE_TRANSPORT is on: secrets may cross the network in clear.",
            hint="Serve over https, or let callers sign their requests.",
            id="apikeys.W001",
        )
    ]


@register(Tags.security)
def check_limits(**kwargs: Any) -> list[CheckMessage]:
    """A limit that cannot be read would fail every call."""
    messages: list[CheckMessage] = []
    for name in ("DEFAULT_RATE_LIMIT", "FAILED_ATTEMPT_LIMIT", "FAILED_LOGIN_LIMIT"):
        try:
            ratelimit.parse(getattr(settings, name))
        except ValueError as error:
            messages.append(Error(f"{name}: {error}", id="apikeys.E005"))
    return messages


@register(Tags.security)
def check_resources(**kwargs: Any) -> list[CheckMessage]:
    """The names that views and keys share mean what they say."""
    messages: list[CheckMessage] = []
    if ANY in settings.APIKEYS_RESOURCES:
        messages.append(
            Error(
                f"“{ANY}” cannot be a resource.",
                hint=f"A view that names “{ANY}” is open to every proven key; use another name.",
                id="apikeys.E006",
            )
        )
    if unknown := set(settings.APIKEYS_PRIVILEGED_RESOURCES) - set(settings.APIKEYS_RESOURCES):
        messages.append(
            Error(
                f"APIKEYS_PRIVILEGED_RESOURCES names unknown resources: {sorted(unknown)}.",
                hint="A misspelt mark would leave the resource it meant open to every key.",
                id="apikeys.E007",
            )
        )
    return messages


@register(Tags.urls)
def check_views(**kwargs: Any) -> list[CheckMessage]:
    """Every protected view names its resource, or ``ANY``."""
    known = {ANY, *settings.APIKEYS_RESOURCES}
    return [
        Error(
            f"{view.__module__}.{view.__qualname__} names no known resource.",
            hint=f"Set its `resource` to one of: {', '.join(sorted(known))}.",
            obj=view,
            id="apikeys.E008",
        )
        for view in dict.fromkeys(protected_views(get_resolver().url_patterns))
        if getattr(view, "resource", None) not in known
    ]


def protected_views(patterns: list[URLPattern | URLResolver]) -> Iterator[type]:
    """The view classes of these URL patterns that are behind the gate."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from protected_views(pattern.url_patterns)
        elif is_guarded(pattern.callback):
            yield pattern.callback.cls  # type: ignore[attr-defined]


def _is_pepper(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) >= tokens.PEPPER_DIGITS // 2
    except ValueError:
        return False


def _is_fernet_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
