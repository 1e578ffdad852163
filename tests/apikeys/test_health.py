"""What load balancers ask: does the process live, and is it worth sending calls to?"""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


@pytest.fixture
def read_only():
    """A database that answers and takes no write, as a standby does."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("SET TRANSACTION READ ONLY")
    yield
    if connection.vendor == "sqlite":
        connection.connection.execute("PRAGMA query_only = OFF")


def test_a_migrated_database_that_takes_writes_is_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_database_that_takes_no_write_is_not_ready_while_the_process_lives(client, read_only):
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_database_that_lacks_a_migration_is_not_ready(client):
    MigrationRecorder.Migration.objects.filter(app="history").latest("pk").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "migrations pending"})
