"""Reads the arguments of commands: spans of time, moments, networks, and names of rows."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apikeys import networks
from apikeys.management.base import NothingMatched, WrongUsage
from apikeys.models import APIKey, APIUser, Store
from apikeys.text import is_plain

SPAN: Final = re.compile(r"(0|[1-9][0-9]{0,6})([mhdw])", re.ASCII)
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST: Final = timedelta(days=36500)


def span(text: str) -> timedelta:
    """``365d``, ``24h``, ``30m``, ``2w`` or ``0``."""
    match = SPAN.fullmatch("0m" if text == "0" else text)
    if match is None:
        raise ArgumentTypeError("write a number and m, h, d or w, as in 24h or 90d")
    found = timedelta(**{UNITS[match[2]]: int(match[1])})
    if found > LONGEST:
        raise ArgumentTypeError(f"write a time of at most {LONGEST.days}d")
    return found


def days(text: str) -> int:
    """A whole number of days, at least 1."""
    if not re.fullmatch("[1-9][0-9]{0,4}", text, re.ASCII) or int(text) > LONGEST.days:
        raise ArgumentTypeError(f"write a number of days from 1 to {LONGEST.days}")
    return int(text)


def moment(text: str) -> datetime:
    """A date (its first instant in the project's time zone) or a date and time."""
    try:
        day, instant = parse_date(text), parse_datetime(text)
    except ValueError:  # well formed, but there is no such day
        day = instant = None
    if day is not None:
        instant = datetime.combine(day, time.min)
    if instant is None:
        raise ArgumentTypeError("write a date as 2027-01-31 or a time as 2027-01-31T12:00Z")
    if timezone.is_naive(instant):
        instant = timezone.make_aware(instant)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ArgumentTypeError("this date is out of range") from error


def expiry(text: str) -> datetime:
    """A date or time to come, or ``90d`` from now."""
    return timezone.now() + span(text) if SPAN.fullmatch(text) else moment(text)


def expiry_or_none(text: str) -> datetime | None:
    return None if text == "none" else expiry(text)


def past(text: str) -> datetime:
    """A date or time, or ``90d`` ago."""
    return timezone.now() - span(text) if SPAN.fullmatch(text) else moment(text)


def network(text: str) -> str:
    """An allowed IP in its canonical spelling."""
    if text == "*":
        raise ArgumentTypeError("for every address, say --any-ip to create_ or update_api_key")
    try:
        return networks.parse_entry(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def find_key(consumer_key: str) -> APIKey:
    """The key of this consumer key. A secret is no name of a key, and is not repeated."""
    if consumer_key.startswith("cs_"):
        raise WrongUsage("This is a consumer secret. Name the consumer key, which begins with ck_.")
    _require_name(consumer_key, limit=64)
    key = APIKey.objects.select_related("api_user__store").filter(consumer_key=consumer_key).first()
    if key is None:
        raise NothingMatched(f"There is no API key {consumer_key}.")
    return key


def find_store(public_id: str) -> Store:
    _require_name(public_id, limit=44)
    store = Store.objects.filter(public_id=public_id).first()
    if store is None:
        raise NothingMatched(f"There is no store {public_id}.")
    return store


def find_api_user(username: str) -> APIUser:
    """The API user of this name, written in any case."""
    _require_name(username, limit=64)
    api_user = APIUser.objects.named(username).select_related("store").first()
    if api_user is None:
        raise NothingMatched(f"There is no API user {username}.")
    return api_user


def find_console_user(username: str) -> User:
    _require_name(username, limit=150)
    person = User.objects.filter(username=username).first()
    if person is None:
        raise NothingMatched(f"There is no console user {username}.")
    return person


def _require_name(text: str, *, limit: int) -> None:
    if not text or len(text) > limit or not is_plain(text):
        raise WrongUsage(f"A name has 1 to {limit} visible characters.")
