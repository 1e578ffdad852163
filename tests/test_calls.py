"""The calls that other tests send."""

import pytest

from apikeys.denial import DenialReason
from history.models import CallRecord
from tests.calls import the_record, the_unproven
from tests.factories import APIKeyFactory

pytestmark = pytest.mark.django_db

CARRIERS = ["basic", "username", "query", "x-api-key", "bearer", "token"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_brings_the_key(call, carrier):
    key = APIKeyFactory(allowed_ips=["198.51.100.9"])

    assert call(key, carrier=carrier, REMOTE_ADDR="198.51.100.9").status_code == 200

    the_record(consumer_key=key.consumer_key, status=200, ip="198.51.100.9", scheme="https")


def test_a_refused_call_leaves_one_record(call):
    assert call(APIKeyFactory(disabled=True)).status_code == 401
    the_record(reason=DenialReason.KEY_DISABLED, status=401)


def test_a_call_without_a_key_carries_no_credential(call):
    assert call().status_code == 401
    the_unproven(reason=DenialReason.MISSING, count=1)


def test_method_path_and_headers_are_sent_as_given(call):
    key = APIKeyFactory(permission="write")
    response = call(key, "/api/v1/stores", method="POST", headers={"User-Agent": "cart/1"})
    assert response.status_code == 405
    assert CallRecord.objects.get().user_agent == "cart/1"
