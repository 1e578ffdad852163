"""What is in the database of a running server, past the server."""

import sqlite3
from contextlib import closing

import psycopg


def execute(console, statement):
    """Run a statement on the server's database; the rows, if it has any."""
    url = console.env["DATABASE_URL"]
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def invoices(console):
    """The ids of all invoices."""
    return {row[0] for row in execute(console, "SELECT public_id FROM storefront_invoice")}


def calls(console, key=None, **wanted):
    """The exported call records (of one key) that have these values, newest first."""
    of_key = [f"--key={key['consumer_key']}"] if key else []
    return [
        record
        for record in console.manage("export_history", *of_key)
        if all(record[name] == value for name, value in wanted.items())
    ]


def assert_nothing_acknowledged_is_lost(console, load):
    """Every answer 200 has its effect and its record, and there is no effect without a record.

    A call that was cut off may have been done or not, but never by half.
    """
    recorded = calls(console, method="POST", outcome="allowed", status=200)
    kept = invoices(console)
    assert load.acknowledged
    assert load.acknowledged.keys() <= {record["request_id"] for record in recorded}
    assert set(load.acknowledged.values()) <= kept
    assert len(kept) == len(recorded)
