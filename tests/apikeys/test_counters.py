import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from apikeys import ratelimit
from apikeys.counters import BUCKETS, SLOTS_PER_BUCKET, CounterFile


def bucket_without_key(identifier):
    digest = hashlib.blake2b(f"{identifier}/60".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


def test_nobody_can_choose_names_that_push_out_their_own_count(tmp_path):
    own = "address:192.0.2.1"
    bucket = bucket_without_key(own)
    names = (f"key:{number}" for number in range(10_000_000))
    neighbours = [
        next(name for name in names if bucket_without_key(name) == bucket)
        for _ in range(SLOTS_PER_BUCKET)
    ]
    counters = CounterFile(tmp_path / "failures.counters", key=b"unknown to strangers")

    counters.hit(own, limit=20, seconds=60)
    for name in neighbours:
        counters.hit(name, limit=20, seconds=60)

    assert counters.look(own, limit=20, seconds=60).used == 1


@pytest.mark.parametrize("moments", [(100.0, 99.99, 99.98), (100.0, 160.0, 159.99), (100, 50, 41)])
def test_a_time_from_before_the_last_hit_forgets_no_hit(tmp_path, moments):
    counters = CounterFile(tmp_path / "calls.counters")

    allowed = [counters.hit("key", limit=2, seconds=60, now=now).allowed for now in moments]

    assert allowed == [True, True, False]


def test_whoever_waited_for_the_lock_brings_no_old_time(tmp_path, monkeypatch):
    counters, times = CounterFile(tmp_path / "calls.counters"), []
    monkeypatch.setattr(
        "apikeys.counters.time.time", lambda: times.append(counters._guard.locked()) or 100.0
    )

    counters.hit("key", limit=2, seconds=60)
    counters.look("key", limit=2, seconds=60)

    assert times == [True, True]


def opened(path):
    """How many descriptors of this process are of the file."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # another thread may just have closed it
            found += os.readlink(descriptor) == str(path)
    return found


def test_a_full_disk_is_found_before_anything_is_counted_and_heals_without_hands(
    tmp_path, monkeypatch
):
    counters = CounterFile(tmp_path / "calls.counters")
    write, room = os.pwrite, [1000]

    def on_a_full_disk(file, data, offset):
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: room.pop()], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", on_a_full_disk)
        for _ in range(3):
            with pytest.raises(OSError, match="No space"):
                counters.hit("key", limit=2, seconds=60)
    assert opened(counters.path) == 0

    assert [counters.hit("key", limit=2, seconds=60).allowed for _ in range(3)] == [1, 1, 0]
    assert opened(counters.path) > 0  # so it would have been noticed


def test_a_folder_that_cannot_hold_the_counters_is_named(settings, tmp_path):
    settings.STATE_DIR = tmp_path / "there"
    ratelimit.require_counters()

    (tmp_path / "a file").touch()
    settings.STATE_DIR = tmp_path / "a file"
    with pytest.raises(ImproperlyConfigured, match=r"STATE_DIR .* '.*a file'"):
        ratelimit.require_counters()
