"""What load balancers ask: does the process live, and is it worth sending calls to?"""

import shutil
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apikeys.models import KnownPepper, Secret
from tests.factories import APIKeyFactory

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


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has a disk of its own")
def test_a_full_disk_is_not_ready_and_the_log_says_what_to_do(client, monkeypatch, caplog):
    whole = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: whole._replace(free=4096))

    assert client.get("/readyz").status_code == 503
    assert "Not ready. The disk of the database is full: make room" in caplog.text


def test_a_database_that_lacks_a_migration_is_not_ready(client):
    MigrationRecorder.Migration.objects.filter(app="history").latest("pk").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "migrations pending"})


def plans(captured):
    """How the database finds the secrets that the statements ask for."""
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    for query in captured.captured_queries:
        if 'FROM "apikeys_secret"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(explain + query["sql"])
                yield str(cursor.fetchall())


def test_to_ask_often_costs_little_however_many_keys_there_are(client):
    key = APIKeyFactory()
    current = key.current_secret
    Secret.objects.bulk_create(
        Secret(
            api_key=key,
            version=number,
            digest=f"{number:064}",
            pepper_id=current.pepper_id,
            retires_at=timezone.now() + timedelta(days=1),
        )
        for number in range(2, 1000)
    )
    KnownPepper.objects.create(pepper_id=77, digest="0" * 64)  # was dropped, and nobody needs it
    if connection.vendor == "postgresql":  # does so by itself; SQLite never does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE apikeys_secret")
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/readyz").status_code == 200

    found = list(plans(captured))
    assert ["secret_of_pepper" in plan for plan in found] == [True, False, False]
    assert ["secret_sealed" in plan for plan in found] == [False, True, True]
