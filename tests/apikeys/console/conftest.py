"""Console users for the tests of the pages: what they may do and which stores they see."""

import pytest

from tests.factories import StoreFactory, UserFactory


@pytest.fixture
def staff(client, db):
    """Log in as staff of one store with the named permissions: ``staff("view_apikey")``."""

    def log_in(*permissions, stores=None):
        stores = [StoreFactory()] if stores is None else stores
        named = [name if "." in name else f"apikeys.{name}" for name in permissions]
        user = UserFactory(permissions=named, stores=stores)
        client.force_login(user)
        user.store = stores[0] if stores else None
        return user

    return log_in
