"""The server's clock jumps an hour ahead or back: nothing breaks, and the gate goes by it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client

from apikeys.models import Secret
from history.models import CallRecord
from tests.calls import WHOAMI
from tests.factories import ACTOR, APIKeyFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def signed(key, moment, nonce):
    client = Client(
        key.consumer_key,
        client_secret=key.secret,
        signature_type=SIGNATURE_TYPE_QUERY,
        timestamp=str(int(moment.timestamp())),
        nonce=nonce,
    )
    return client.sign(f"https://testserver{WHOAMI}")[0].removeprefix("https://testserver")


def code_of(answer):
    return 200 if answer.status_code == 200 else answer.json()["code"]


@pytest.mark.parametrize(
    ("jump", "expected"),
    [
        (-HOUR, {"expiring": 200, "replaced": 200, "signed now": "stale_timestamp"}),
        (
            HOUR,
            {
                "expiring": "key_expired",
                "replaced": "secret_retired",
                "signed now": "stale_timestamp",
            },
        ),
    ],
    ids=["back", "ahead"],
)
def test_calls_are_judged_by_the_clock_as_it_stands(call, time_machine, jump, expected):
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    signing = APIKeyFactory(signing=True, rate_limit="600/minute")
    expiring = APIKeyFactory(expires_at=start + timedelta(minutes=30))
    replaced = APIKeyFactory()
    replaced.rotate(actor=ACTOR, overlap=timedelta(minutes=30))
    host = {"Host": "testserver"}
    assert call(path=signed(signing, start, "first"), headers=host).status_code == 200
    assert [call(key).status_code for key in (expiring, replaced)] == [200, 200]

    time_machine.move_to(start + jump, tick=False)
    found = {
        "expiring": code_of(call(expiring)),
        "replaced": code_of(call(replaced)),
        "signed now": code_of(call(path=signed(signing, start, "second"), headers=host)),
    }
    assert call(path=signed(signing, start + jump, "third"), headers=host).status_code == 200
    time_machine.move_to(start, tick=False)

    assert found == expected
    again = call(path=signed(signing, start, "first"), headers=host)
    assert code_of(again) == "replayed_nonce"
    assert [call(key).status_code for key in (signing, expiring, replaced)] == [200] * 3
    assert CallRecord.objects.count() == 11
    order = CallRecord.objects.order_by("pk").values_list("date_added", flat=True)
    assert [moment - start for moment in order] == [timedelta(0)] * 3 + [jump] * 4 + [
        timedelta(0)
    ] * 4


def test_a_clock_that_goes_back_during_a_call_is_recorded_as_no_time_at_all(
    call, time_machine, monkeypatch
):
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    key = APIKeyFactory(expires_at=start + timedelta(minutes=30))
    witness = Secret.is_valid

    def is_valid(self):
        time_machine.move_to(start - HOUR, tick=False)
        return witness(self)

    monkeypatch.setattr(Secret, "is_valid", is_valid)

    assert call(key).status_code == 200
    assert timezone.now() == start - HOUR
    record = CallRecord.objects.get()
    assert (record.date_added, record.date_modified, record.duration_ms) == (start, start, 0)
