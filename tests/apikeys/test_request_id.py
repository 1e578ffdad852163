"""One id names a request in the answer, in the error's body and in the history."""

import pytest

from history.models import CallRecord
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db

PROXY = "10.0.0.1"
STRANGER = "198.51.100.9"


def test_answer_error_and_history_share_one_id(call):
    key = APIKeyFactory(disabled=True)

    first, second = call(key), call(key)

    assert first["X-Request-ID"] == first.json()["request_id"] != second["X-Request-ID"]
    assert {record.request_id for record in CallRecord.objects.all()} == {
        first["X-Request-ID"],
        second["X-Request-ID"],
    }


@pytest.mark.parametrize(
    ("peer", "offered", "is_taken"),
    [
        (PROXY, "5e0f1c3a-9b2d-4c57-8a4e-1f2d3c4b5a69", True),
        (PROXY, "0123456789abcdef0123456789abcdef", True),
        (STRANGER, "0123456789abcdef0123456789abcdef", False),
        (PROXY, "short", False),
        (PROXY, "two words of it", False),
        (PROXY, "<b>bold-id</b>", False),
        (PROXY, "\N{ARABIC-INDIC DIGIT ONE}" * 12, False),
        # So long is what a secret without its beginning is, and no id.
        (PROXY, "A1" * 20, False),
    ],
)
def test_only_a_trusted_proxy_brings_an_id(call, settings, peer, offered, is_taken):
    settings.TRUSTED_PROXIES = ("10.0.0.0/24",)

    response = call(APIKeyFactory(), headers={"X-Request-ID": offered}, REMOTE_ADDR=peer)

    assert (response["X-Request-ID"] == offered) == is_taken
    assert CallRecord.objects.get().request_id == response["X-Request-ID"]
