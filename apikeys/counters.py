"""A file of counters shared by all processes of one host: exact, durable over restarts, bounded.

The counting is the sliding window of the ``limits`` package's Redis script (window anchored at
its first hit, the window before it weighted by what is left of it), so that a limit means the
same with and without Redis.
"""

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SLOT = struct.Struct("=16sdIII4x")  # digest, start of the window, seconds, hits, hits before it
BUCKETS = 8192
SLOTS_PER_BUCKET = 8
BUCKET_SIZE = SLOT.size * SLOTS_PER_BUCKET
SIZE = BUCKETS * BUCKET_SIZE


class Count(NamedTuple):
    """The state of one counter after a look or a hit."""

    allowed: bool
    used: int
    """Hits that count now: this window's, and what still weighs of the window before."""
    reset: float
    """Seconds until at least one more hit is allowed, or until the window ends."""


class CounterFile:
    """Sliding-window counters in a memory-mapped file of fixed size (3 MB).

    Each counter lives in the bucket that its digest names; a bucket is locked for the moment of a
    hit, between processes by a range lock (which the kernel drops when a process is killed) and
    between threads by a plain one. When a bucket is full the idlest counter gives way, so only
    identifiers that a caller cannot make up at will belong in the same file as limits that must
    be exact.
    """

    def __init__(self, path: Path, *, key: bytes = b"") -> None:
        """``key`` keeps strangers from choosing names that share a bucket with their own."""
        self.path = path
        self._key = hashlib.blake2b(key).digest()
        self._guard = threading.Lock()
        self._file = -1
        self._pid = 0
        self._map: mmap.mmap | None = None

    def hit(self, identifier: str, *, limit: int, seconds: int, now: float | None = None) -> Count:
        """Count one hit, unless the limit is reached. Exact under any concurrency on one host."""
        return self._count(identifier, limit, seconds, now, 1)

    def look(self, identifier: str, *, limit: int, seconds: int, now: float | None = None) -> Count:
        """Say whether a hit would be allowed, and count nothing."""
        return self._count(identifier, limit, seconds, now, 0)

    def open(self) -> None:
        """Make the file if it is missing. Afterwards counting needs nothing more of the disk."""
        with self._guard:
            self._memory()

    def clear(self) -> None:
        """Forget every count."""
        with self._guard:
            memory = self._memory()
            memory[:] = bytes(len(memory))

    def _count(
        self, identifier: str, limit: int, seconds: int, now: float | None, amount: int
    ) -> Count:
        name = f"{identifier}/{seconds}".encode()
        digest = hashlib.blake2b(name, key=self._key, digest_size=16).digest()
        bucket = int.from_bytes(digest[:4], "big") % BUCKETS * BUCKET_SIZE
        with self._locked(bucket) as memory:
            # Read only now: whoever waited for the lock would bring the time of before.
            now = time.time() if now is None else now
            position = self._slot(memory, bucket, digest, now)
            found, start, _length, hits, before = SLOT.unpack_from(memory, position)
            # A clock that was set back by less than a window forgets nothing that was counted.
            if found != digest or not -seconds < now - start < 2 * seconds:
                start, hits, before = now, 0, 0
            elif now - start >= seconds:
                start, hits, before = start + seconds, 0, hits
            left = seconds - max(0.0, now - start)
            used = int(before * left / seconds) + hits
            allowed = used + 1 <= limit
            if allowed and amount:
                hits, used = hits + 1, used + 1
                SLOT.pack_into(memory, position, digest, start, seconds, hits, before)
        wait = min(left, seconds / before) if before else left
        return Count(allowed, used, max(wait, 0.0))

    @staticmethod
    def _slot(memory: mmap.mmap, bucket: int, digest: bytes, now: float) -> int:
        """Where this digest is, or the place of the counter that has been idle for longest."""
        idlest, idlest_end = bucket, float("inf")
        for position in range(bucket, bucket + BUCKET_SIZE, SLOT.size):
            found, start, seconds, hits, before = SLOT.unpack_from(memory, position)
            if found == digest:
                return position
            end = start + 2 * seconds if hits or before else 0.0
            if end < idlest_end:
                idlest, idlest_end = position, end
        return idlest

    @contextmanager
    def _locked(self, start: int) -> Iterator[mmap.mmap]:
        with self._guard:
            memory = self._memory()
            fcntl.lockf(self._file, fcntl.LOCK_EX, BUCKET_SIZE, start)
            try:
                yield memory
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, BUCKET_SIZE, start)

    def _memory(self) -> mmap.mmap:
        if self._map is None or self._pid != os.getpid():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _fill(file)
                self._map = mmap.mmap(file, SIZE)
            except OSError:
                os.close(file)
                raise
            self._file, self._pid = file, os.getpid()
        return self._map


def _fill(file: int) -> None:
    """Write the file in full. In one with holes, a full disk would kill whoever counts (SIGBUS)."""
    fcntl.lockf(file, fcntl.LOCK_EX)
    try:
        size = os.fstat(file).st_size
        while size < SIZE:
            size += os.pwrite(file, bytes(SIZE - size), size)
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN)
