import pytest

from tests.factories import StoreFactory, UserFactory


@pytest.fixture
def staff(client, db):
    """Log in as staff of one store with the named permissions: ``staff("view_invoice")``."""

    def log_in(*permissions):
        store = StoreFactory()
        names = [name if "." in name else f"storefront.{name}" for name in permissions]
        user = UserFactory(permissions=names, stores=[store])
        client.force_login(user)
        user.store = store
        return user

    return log_in
