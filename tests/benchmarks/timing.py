"""Whether the clock tells that a key exists: ``python -m tests.benchmarks.timing [pairs]``.

Sends well-formed credentials of a key that does not exist and wrong ones of a key that does, in
pairs over one connection to a real server, and prints for each carrier both medians without the
slowest twentieth, how far they lie apart (5 percent are promised) and how often a stranger who
guesses by the slower answer would be right (half of the time is chance). On PostgreSQL when
DATABASE_URL names one.
"""
# ruff: noqa: E402  (the settings come first)

import os
import statistics
import sys
import tempfile
from bisect import bisect_left, bisect_right

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

django.setup()

from apikeys import tokens
from tests import live
from tests.calls import WHOAMI, basic
from tests.faults.callers import Caller, issue

PAIRS = 2000


def main(pairs):
    with tempfile.TemporaryDirectory(prefix="apikeys-timing-") as folder:
        databases = live.Databases(folder)
        console = live.Console(databases, folder)
        try:
            key = issue(console, "timing", "--signing")
            with Caller(console, key) as caller:
                for name, headers_of in CARRIERS.items():
                    report(name, *measure(caller, headers_of, key, pairs))
        finally:
            console.stop()
            databases.drop()


def as_basic(console, consumer_key):
    return basic(consumer_key, tokens.new_secret(consumer_key))


def as_api_key(console, consumer_key):
    return {"X-API-Key": tokens.new_secret(consumer_key)}


def as_signature(console, consumer_key):
    signer = Client(
        consumer_key, tokens.new_secret(consumer_key), signature_method=SIGNATURE_HMAC_SHA256
    )
    return signer.sign(console.url + WHOAMI)[1]


CARRIERS = {"Basic": as_basic, "X-API-Key": as_api_key, "OAuth": as_signature}


def measure(caller, headers_of, key, pairs):
    """The seconds of each answer to an unknown key, and to a wrong secret."""
    unknown, wrong = [], []
    for number in range(pairs + 20):
        # Which of the two comes first changes, so that nothing else is measured.
        kinds = [(unknown, tokens.mint().consumer_key), (wrong, key["consumer_key"])]
        for seconds, consumer_key in kinds if number % 2 else reversed(kinds):
            answer = caller.send("GET", WHOAMI, None, headers_of(caller.console, consumer_key))
            assert (answer.status, answer.code) == (401, "invalid_credentials")
            seconds.append(answer.seconds)
    return unknown[20:], wrong[20:]


def report(name, unknown, wrong):
    first, second = kept(unknown), kept(wrong)
    medians = statistics.median(first), statistics.median(second)
    gap = abs(medians[0] - medians[1]) / min(medians)
    sys.stdout.write(
        f"{name:10} unknown key {medians[0] * 1e3:.3f} ms, wrong secret {medians[1] * 1e3:.3f} ms, "
        f"gap {gap:.1%}, guesses right {chance(first, second):.1%}, "
        f"{'kept' if gap <= 0.05 else 'BROKEN'}\n"
    )
    sys.stdout.flush()


def kept(seconds):
    """All but the slowest twentieth, in order."""
    return sorted(seconds)[: len(seconds) * 19 // 20]


def chance(first, second):
    """How often a random one of the second kind is slower than one of the first (rank AUC)."""
    slower = sum(bisect_left(first, one) + bisect_right(first, one) for one in second)
    return slower / (2 * len(first) * len(second))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else PAIRS)
