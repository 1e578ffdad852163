"""Console users at the admin's door."""

import pytest

from tests.factories import UserFactory


@pytest.fixture
def log_in(client, db):
    """Log in as staff with these permissions: ``log_in("apikeys.view_apikey", stores=[store])``."""

    def log_in(*permissions, **fields):
        user = UserFactory(permissions=permissions, **fields)
        client.force_login(user)
        return user

    return log_in


@pytest.fixture
def superuser(log_in):
    return log_in(superuser=True, username="root")
