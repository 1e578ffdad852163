import hashlib

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
