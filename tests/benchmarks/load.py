"""Put very many rows into a table: by PostgreSQL's COPY, or SQLite's executemany."""

import json
from datetime import UTC, datetime
from itertools import chain, islice

from django.core.management.color import no_style
from django.db import connection, models

AT_ONCE = 10_000


def written(moment):
    """A time as both databases read it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def load_all(rows):
    """Put the rows of every model into its table; ids go on behind theirs."""
    for model, values in rows.items():
        load(model, values)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(rows)):
            cursor.execute(statement)


def load(model, rows):
    """Put rows, all with the same names of columns, into the model's table."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    fixed = {
        field.column: _default(field)
        for field in model._meta.concrete_fields
        if field.column not in first and not field.primary_key
    }
    table, columns = model._meta.db_table, ", ".join(f'"{name}"' for name in [*first, *fixed])
    ending = tuple(fixed.values())
    values = ((*map(row.__getitem__, first), *ending) for row in chain([first], rows))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
                while portion := "".join(map(_line, islice(values, AT_ONCE))):
                    copy.write(portion)
            return
        places = ", ".join("?" for _ in [*first, *fixed])
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608
        while portion := list(islice(values, AT_ONCE)):
            connection.connection.executemany(statement, portion)


def _default(field):
    value = field.get_default()
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    return written(value) if isinstance(value, datetime) else value


def _line(values):
    return "\t".join("\\N" if value is None else str(value) for value in values) + "\n"
