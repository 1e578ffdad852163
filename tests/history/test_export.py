import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history import export
from history.models import CallRecord
from tests.factories import CallRecordFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def test_csv_has_a_header_and_one_line_a_call():
    record = CallRecordFactory(date_added=NOON, reason="ip_not_allowed", request_id="abc")

    header, row = csv.reader(export.lines([record], format="csv"))

    assert header == list(export.COLUMNS)
    assert row == [
        *("2026-11-22T12:00:00.123Z", record.consumer_key, record.username, record.store_id),
        *("denied", "ip_not_allowed", "203.0.113.7", "GET", "/api/v1/whoami", "403", "https"),
        *("12", "abc"),
    ]


def test_ndjson_is_one_document_a_line_with_null_for_what_is_not_there():
    record = CallRecordFactory(date_added=NOON, ip=None)

    (line,) = export.lines([record], format="ndjson")

    document = json.loads(line)
    assert tuple(document) == export.COLUMNS
    assert (document["time"], document["ip"]) == ("2026-11-22T12:00:00.123Z", None)
    assert (document["reason"], document["status"]) == (None, 200)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_begins_like_a_formula(start):
    record = CallRecordFactory(path=f'{start}HYPERLINK("http://x")')

    _header, row = csv.reader(io.StringIO("".join(export.lines([record], format="csv")), ""))

    assert row[export.COLUMNS.index("path")] == "'" + record.path


@given(path=st.text(max_size=50), method=st.text(max_size=16))
def test_any_text_stays_one_cell_of_one_row(path, method):
    record = CallRecord(date_added=NOON, path=path, method=method, status=200, duration_ms=1)

    written = "".join(export.lines([record], format="csv"))
    _header, row = csv.reader(io.StringIO(written, newline=""))

    assert len(row) == len(export.COLUMNS)
    assert row[export.COLUMNS.index("path")].removeprefix("'") == path.removeprefix("'")
    assert not row[export.COLUMNS.index("method")].startswith(export.FORMULA_STARTS)


def test_a_walk_meets_every_call_once_newest_first_even_at_the_same_instant():
    records = [CallRecordFactory(date_added=NOON) for _ in range(5)]

    assert [record.pk for record in CallRecord.objects.walk(batch=2)] == [
        record.pk for record in reversed(records)
    ]
