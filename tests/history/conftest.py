"""Console users for the tests of the pages about calls."""

import pytest
from django.utils import timezone

from tests.factories import StoreFactory, UserFactory

SEES_CALLS = ("apikeys.view_apikey", "history.view_callrecord", "history.view_unprovencalls")


@pytest.fixture
def staff(client, db):
    """Log in as staff of some stores: ``staff(store, may=["apikeys.change_apikey"])``."""

    def log_in(*stores, may=()):
        stores = stores or (StoreFactory(),)
        user = UserFactory(permissions=[*SEES_CALLS, *may], stores=stores)
        client.force_login(user)
        return user

    return log_in


@pytest.fixture
def noon(time_machine):
    """It is noon, and stays so: what is made today is not of yesterday when it is looked at."""
    time_machine.move_to(timezone.now().replace(hour=12), tick=False)
