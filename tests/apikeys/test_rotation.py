"""Rotation: the old secret during the overlap, afterwards, and who still uses it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apikeys.models import APIKey, ChangeRecord, StaleRevision
from history.models import CallRecord
from tests.factories import ACTOR, APIKeyFactory, UserFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def clock(time_machine):
    """Moves the time by hand: ``clock(seconds=59)`` after the start."""
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    return lambda **span: time_machine.move_to(start + timedelta(**span), tick=False)


def code_of(response):
    return 200 if response.status_code == 200 else response.json()["code"]


@pytest.mark.parametrize(
    ("overlap", "seconds", "old"),
    [
        (0, 0, "secret_retired"),
        (0, 3600, "secret_retired"),
        (60, 0, 200),
        (60, 59, 200),
        (60, 60, "secret_retired"),
        (60, 61, "secret_retired"),
        (86400, 86399, 200),
    ],
)
def test_the_old_secret_works_until_the_overlap_ends(call, clock, overlap, seconds, old):
    key = APIKeyFactory()
    new = key.rotate(actor=ACTOR, overlap=timedelta(seconds=overlap))

    clock(seconds=seconds)

    assert code_of(call(key)) == old
    assert code_of(call(key, secret=new)) == 200
    assert new != key.secret
    assert CallRecord.objects.filter(consumer_key=key.consumer_key).count() == 2


def test_a_replaced_secret_that_is_presented_leaves_a_warning_on_the_key(call, clock):
    key = APIKeyFactory()
    key.rotate(actor=ACTOR)
    assert not APIKey.objects.with_retired_secret_in_use().exists()

    clock(minutes=5)
    for _ in range(3):
        assert call(key).status_code == 401

    assert APIKey.objects.with_retired_secret_in_use().get() == key
    old = key.secrets.get(version=1)
    assert (old.refused_at, old.refused_count) == (timezone.now(), 3)
    assert "version 1" in CallRecord.objects.first().detail


def test_the_warning_goes_once_the_replaced_secret_is_quiet_for_a_week(call, clock, client):
    operator = UserFactory(superuser=True)
    key = APIKeyFactory()
    key.rotate(actor=ACTOR)
    call(key)

    def is_warned():
        client.force_login(operator)
        page = client.get(f"/console/keys/{key.consumer_key}/").content.decode()
        return "replaced secret is still in use" in page

    clock(days=6)
    call(key)
    clock(days=13, seconds=-1)
    assert is_warned()
    assert APIKey.objects.with_retired_secret_in_use().exists()
    clock(days=13)
    assert not is_warned()
    assert not APIKey.objects.with_retired_secret_in_use().exists()


@pytest.mark.parametrize("carrier", ["basic", "username", "query", "x-api-key", "bearer", "token"])
def test_both_secrets_work_in_every_carrier_during_the_overlap(call, carrier):
    key = APIKeyFactory()
    new = key.rotate(actor=ACTOR, overlap=timedelta(minutes=1))

    assert call(key, carrier=carrier).status_code == 200
    assert call(key, carrier=carrier, secret=new).status_code == 200


def test_each_version_shows_its_own_last_use(call, clock):
    key = APIKeyFactory()
    call(key)
    before = timezone.now()
    clock(minutes=10)
    new = key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    clock(minutes=20)
    call(key, secret=new)

    used = {secret.version: secret.used_at for secret in APIKey.objects.get().secrets.all()}

    assert used == {1: before, 2: timezone.now()}


@pytest.mark.parametrize(("overlap", "is_kept"), [(0, False), (3600, True)])
def test_the_sealed_copy_is_kept_no_longer_than_the_secret_may_sign(overlap, is_kept):
    key = APIKeyFactory(signing=True)

    key.rotate(actor=ACTOR, overlap=timedelta(seconds=overlap))

    assert bool(key.secrets.get(version=1).sealed) == is_kept
    key.end_overlap(actor=ACTOR)
    assert not key.secrets.get(version=1).sealed


def test_ending_the_overlap_makes_an_open_form_stale():
    key = APIKeyFactory()
    key.rotate(actor=ACTOR, overlap=timedelta(hours=1))
    opened_at = key.revision

    key.end_overlap(actor=ACTOR)

    with pytest.raises(StaleRevision):
        key.rotate(actor=ACTOR, revision=opened_at)


def test_two_rotations_within_the_overlap_leave_three_secrets(call, clock):
    key = APIKeyFactory()
    second = key.rotate(actor=ACTOR, overlap=timedelta(minutes=2))
    clock(seconds=30)
    third = key.rotate(actor=ACTOR, overlap=timedelta(minutes=1))

    answers = [code_of(call(key, secret=secret)) for secret in (key.secret, second, third)]
    assert answers == [200, 200, 200]

    clock(seconds=100)
    answers = [code_of(call(key, secret=secret)) for secret in (key.secret, second, third)]
    assert answers == [200, "secret_retired", 200]

    assert key.end_overlap(actor=ACTOR) == 1
    answers = [code_of(call(key, secret=secret)) for secret in (key.secret, second, third)]
    assert answers == ["secret_retired", "secret_retired", 200]


def test_rotation_keeps_everything_but_the_secret(call):
    key = APIKeyFactory(permission="write", allowed_ips=["127.0.0.1"], description="ERP")
    before = key.snapshot()

    new = key.rotate(actor=ACTOR)

    key.refresh_from_db()
    assert key.snapshot() == before
    response = call(key, secret=new, method="OPTIONS")
    assert response.status_code == 204
    assert CallRecord.objects.get().consumer_key == key.consumer_key


@pytest.mark.parametrize("overlap", [timedelta(0), timedelta(hours=1)])
@pytest.mark.parametrize("signing", [True, False])
def test_the_change_record_says_whether_the_old_secret_could_sign(overlap, signing):
    key = APIKeyFactory(signing=signing)

    key.rotate(actor=ACTOR, overlap=overlap, signing=not signing)

    record = ChangeRecord.objects.of_key(key).first()
    assert (record.before["signing"], record.after["signing"]) == (signing, not signing)
