"""A nonce is kept for as long as a call with its timestamp can be let in."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apikeys.models import SpentNonce
from tests.factories import SpentNonceFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("seconds_past_the_window", "forgotten"), [(-1, 0), (55, 0), (65, 1)])
def test_a_nonce_outlives_its_window_by_a_minute(seconds_past_the_window, forgotten):
    """A call that came in time may still be on its way to spend its nonce."""
    age = timedelta(seconds=settings.SIGNATURE_WINDOW + seconds_past_the_window)
    SpentNonceFactory(timestamp=int((timezone.now() - age).timestamp()))

    assert SpentNonce.objects.prune() == forgotten
    assert SpentNonce.objects.count() == 1 - forgotten


def test_a_nonce_is_spent_once_for_each_key_and_timestamp():
    spend = SpentNonce.objects.spend
    first = {"consumer_key": "ck_live_1", "timestamp": 1_700_000_000, "nonce": "n"}

    assert spend(**first)
    assert not spend(**first)
    assert spend(**first | {"consumer_key": "ck_live_2"})
    assert spend(**first | {"timestamp": 1_700_000_001})
    assert spend(**first | {"nonce": "m"})
