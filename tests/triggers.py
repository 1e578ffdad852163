"""A database that refuses rows, for real: by a trigger, on SQLite and on PostgreSQL."""

from contextlib import contextmanager

from django.db import connection

SENTENCE = "no more rows"
FUNCTION = f"""
    CREATE FUNCTION refuse_rows() RETURNS trigger AS
    $$ BEGIN RAISE EXCEPTION '{SENTENCE}'; END $$ LANGUAGE plpgsql
"""


@contextmanager
def refusing_rows(*models, deeds=("INSERT", "UPDATE")):
    """Within, nothing is inserted into or updated in the tables of these models.

    Only for tests with ``django_db(transaction=True)``: the failure ends an open transaction.
    """
    tables = [model._meta.db_table for model in models]
    on_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if on_postgresql:
            cursor.execute(FUNCTION)
        for table in tables:
            for deed in deeds:
                what = (
                    "FOR EACH ROW EXECUTE FUNCTION refuse_rows()"
                    if on_postgresql
                    else f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
                )
                name = f"refuse_{table}_{deed}"
                cursor.execute(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} {what}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if on_postgresql:
                cursor.execute("DROP FUNCTION refuse_rows() CASCADE")
            else:
                for table in tables:
                    for deed in deeds:
                        cursor.execute(f"DROP TRIGGER refuse_{table}_{deed}")
