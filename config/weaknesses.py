"""Why a configuration may not serve: what is weak in it, and what to do about it."""

import ipaddress
from collections.abc import Iterable

from apikeys.tokens import PEPPER_DIGITS
from config.values import PublicURL

LEAST_SECRET_KEY = 50


def of_secrets(
    *, secret_key: str, peppers: dict[int, str], sealing_keys: tuple[str, ...]
) -> list[str]:
    """A guessed secret key forges sessions; a guessed pepper lets a stolen database be searched."""
    found = []
    if len(secret_key) < LEAST_SECRET_KEY or len(set(secret_key)) < 10:
        found.append(
            f"SECRET_KEY is missing or weak: set {LEAST_SECRET_KEY} random characters or more."
        )
    if not peppers:
        found.append(
            f"APIKEYS_PEPPERS is missing: set it to 1: and {PEPPER_DIGITS} random hex digits."
        )
    elif any(len(pepper) < PEPPER_DIGITS for pepper in peppers.values()):
        found.append(
            f"APIKEYS_PEPPERS holds a short pepper: each needs {PEPPER_DIGITS} or more hex digits."
        )
    if not sealing_keys:
        found.append("APIKEYS_SEALING_KEYS is missing: set it to a new Fernet key.")
    if not (secret_key or peppers or sealing_keys):
        found.append("On a new machine, make run writes all three into .env where there is none.")
    return found


def of_addresses(
    *,
    public_url: PublicURL,
    debug: bool,
    allowed_hosts: Iterable[str],
    trusted_proxies: Iterable[str],
) -> list[str]:
    """A host or a proxy that is believed without being ours speaks for every caller."""
    found = []
    if debug and not public_url.is_loopback:
        found.append("DEBUG is on where others reach the server: it shows them code and settings.")
    if "*" in allowed_hosts:
        found.append("ALLOWED_HOSTS allows any name: list the names of this server.")
    if covers_everything(trusted_proxies):
        found.append(
            "TRUSTED_PROXIES covers every address, so that anyone could name any client IP: "
            "list the proxies alone."
        )
    if not public_url.is_https and not public_url.is_loopback:
        found.append(
            "PUBLIC_URL is http on a host that others reach: put TLS in front and write https, or "
            "serve this machine alone with http://127.0.0.1:8000."
        )
    return found


def covers_everything(networks: Iterable[str]) -> bool:
    """Whether all of IPv4 or all of IPv6 is inside, in however many pieces."""
    parsed = [ipaddress.ip_network(network) for network in networks]
    version_4 = [network for network in parsed if isinstance(network, ipaddress.IPv4Network)]
    version_6 = [network for network in parsed if isinstance(network, ipaddress.IPv6Network)]
    pieces = (
        list(ipaddress.collapse_addresses(version_4)),
        list(ipaddress.collapse_addresses(version_6)),
    )
    return any(piece.prefixlen == 0 for version in pieces for piece in version)
