"""Rate limits: how many calls a key may make, and how many failures an address or key may cause."""

import logging
import math
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext_lazy as _
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apikeys.counters import CounterFile

logger = logging.getLogger(__name__)

UNLIMITED = "none"
SHAPE = re.compile(r"([1-9][0-9]{0,5})/(second|minute|hour|day)", re.ASCII)
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
FILES = ("calls", "failures")
REDIS_TIMEOUT = 0.1  # seconds, to connect and again to answer: together under the promised 300 ms
REDIS_PAUSE = 2.0  # seconds without a further try after a failure


class Rate(NamedTuple):
    """An amount in a number of seconds."""

    amount: int
    seconds: int


LOGIN_RECORDS_OF_NETWORK = Rate(10, 3600)
LOGIN_RECORDS = Rate(1000, 86400)


class Verdict(NamedTuple):
    """What a limit says about one hit."""

    allowed: bool
    rate: Rate
    remaining: int
    reset: int
    """Whole seconds until another try can succeed."""


def parse(text: str) -> Rate | None:
    """The rate that ``600/minute`` names; None for ``none``. Raises ``ValueError`` otherwise."""
    if text == UNLIMITED:
        return None
    match = SHAPE.fullmatch(text)
    if not match:
        raise ValueError(
            "Write a rate limit as number/second, /minute, /hour or /day, for example 600/minute, "
            "or none."
        )
    return Rate(int(match[1]), SECONDS[match[2]])


def validate(text: str) -> None:
    """Validator for a key's rate limit; blank means the default of the setting."""
    try:
        parse(text or UNLIMITED)
    except ValueError as error:
        raise ValidationError(
            _("Write it as 600/minute (or /second, /hour, /day), or none."), code="invalid"
        ) from error


def of_key(rate_limit: str) -> Rate | None:
    """The limit that a key's own text, or else the default, stands for."""
    return parse(rate_limit or settings.DEFAULT_RATE_LIMIT)


def text_of(rate_limit: str) -> str:
    """The limit in force, as the settings spell it."""
    return rate_limit or str(settings.DEFAULT_RATE_LIMIT)


def hit_key(consumer_key: str, rate: Rate) -> Verdict:
    """Count a call of a proven key."""
    return _hit("calls", f"key:{consumer_key}", rate)


def look_at_key(consumer_key: str, rate: Rate) -> Verdict:
    """Say whether a call of this key would be within its limit, and count nothing."""
    return _hit("calls", f"key:{consumer_key}", rate, count=False)


def hit_failure(subject: str, *, count: bool = True) -> Verdict | None:
    """Count a failed attempt of an address or on a key; None when failures are not limited."""
    rate = parse(settings.FAILED_ATTEMPT_LIMIT)
    return _hit("failures", subject, rate, count=count) if rate else None


def hit_login(network: str) -> Verdict | None:
    """Count a failed login from a network, whatever the name; None when those are not limited."""
    rate = parse(settings.FAILED_LOGIN_LIMIT)
    return _hit("failures", f"login:{network}", rate) if rate else None


def look_at_logins(network: str) -> Verdict | None:
    """Say whether another login from this network may be tried, and count nothing."""
    rate = parse(settings.FAILED_LOGIN_LIMIT)
    return _hit("failures", f"login:{network}", rate, count=False) if rate else None


def hit_login_record(network: str) -> Verdict:
    """Whether one more failed login may be kept: strangers cannot fill the disk with them.

    The verdict is that of the limit which has less left, so it refuses when either of them does.
    """
    own = _hit("failures", f"login record:{network}", LOGIN_RECORDS_OF_NETWORK)
    if not own.allowed:
        return own
    of_all = _hit("failures", "login records", LOGIN_RECORDS)
    return own if own.remaining < of_all.remaining else of_all


def require_counters() -> None:
    """Refuse to go on where nothing can be counted, as every call would then fail."""
    try:
        for name in FILES:
            _counter_file(settings.STATE_DIR, name).open()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Refusing to start. STATE_DIR cannot hold the shared counters: {error}. "
            "Name a folder that this user may write to."
        ) from error


def clear() -> None:
    """Forget every count on this host and in Redis; for tests and for an operator in a hurry."""
    for name in FILES:
        _counter_file(settings.STATE_DIR, name).clear()
    if settings.REDIS_URL:
        _redis(settings.REDIS_URL).storage.reset()


def _hit(name: str, identifier: str, rate: Rate, *, count: bool = True) -> Verdict:
    """Ask Redis when there is one, and this host's own counters when there is none to be reached.

    Proven keys and failures are counted in different files: a stranger can make up addresses,
    and must not be able to push a key's counter out.
    """
    if settings.REDIS_URL and time.monotonic() >= _outage.over_at:
        try:
            return _hit_redis(f"{name}:{identifier}", rate, count=count)
        except RedisError as error:
            _outage.begin(error)
    counters = _counter_file(settings.STATE_DIR, name)
    ask = counters.hit if count else counters.look
    state = ask(identifier, limit=rate.amount, seconds=rate.seconds)
    return Verdict(
        state.allowed, rate, max(0, rate.amount - state.used), max(1, math.ceil(state.reset))
    )


def _hit_redis(identifier: str, rate: Rate, *, count: bool) -> Verdict:
    limiter, item = _redis(settings.REDIS_URL), _item(rate)
    allowed = (limiter.hit if count else limiter.test)(item, identifier)
    try:
        stats = limiter.get_window_stats(item, identifier)
    except RedisError as error:
        # It has counted and decided; counting here once more would make two hits of one.
        _outage.begin(error)
        return Verdict(allowed, rate, 0, rate.seconds)
    reset = max(1, math.ceil(stats.reset_time - time.time()))
    return Verdict(allowed, rate, int(stats.remaining), reset)


class Outage:
    """Remembers for a moment that Redis could not be reached, so that calls do not wait for it."""

    def __init__(self) -> None:
        self.over_at = 0.0

    def begin(self, error: RedisError) -> None:
        self.over_at = time.monotonic() + REDIS_PAUSE
        logger.warning(
            "Redis cannot be reached (%s); limits are counted on this host for %s s.",
            type(error).__name__,
            REDIS_PAUSE,
        )


_outage = Outage()


@lru_cache(maxsize=64)
def _item(rate: Rate) -> RateLimitItem:
    return RateLimitItemPerSecond(rate.amount, rate.seconds)


@lru_cache(maxsize=8)
def _counter_file(folder: str | Path, name: str) -> CounterFile:
    return CounterFile(Path(folder) / f"{name}.counters", key=settings.SECRET_KEY.encode())


@lru_cache(maxsize=2)
def _redis(url: str) -> SlidingWindowCounterRateLimiter:
    storage = RedisStorage(
        url,
        key_prefix="apikeys",
        socket_connect_timeout=REDIS_TIMEOUT,
        socket_timeout=REDIS_TIMEOUT,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
    )
    return SlidingWindowCounterRateLimiter(storage)
