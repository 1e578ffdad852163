"""How much a database reads to answer: rows on PostgreSQL, steps of its machine on SQLite."""

from django.db import connection


def rows_read(sql, *, table=None):
    """How many rows PostgreSQL looks at, in one table or in all."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
        plan = cursor.fetchone()[0][0]["Plan"]
    return sum(_read(node) for node in _nodes(plan) if table in (None, node.get("Relation Name")))


def steps_taken(sql, *, at_a_time):
    """How often SQLite takes so many steps."""
    taken = []
    with connection.cursor() as cursor:
        connection.connection.set_progress_handler(lambda: taken.append(1), at_a_time)
        cursor.execute(sql.replace("%", "%%"))
        cursor.fetchall()
        connection.connection.set_progress_handler(None, 0)
    return len(taken)


def _nodes(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _read(node):
    if "Relation Name" not in node:
        return 0
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return (node["Actual Rows"] + removed) * node["Actual Loops"]
