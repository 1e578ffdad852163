import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from apikeys.models import ChangeRecord, Store
from history import search
from history.views.calls import file_name
from tests.factories import APIKeyFactory, CallRecordFactory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EXPORT = "/console/history/export/"


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_download_has_exactly_the_filtered_rows_of_all_pages(client, admin, monkeypatch):
    monkeypatch.setattr(search, "REACH", 20)
    key = APIKeyFactory()
    wanted = [
        CallRecordFactory(key=key, date_added=NOON + timedelta(seconds=n), path=f"/yes/{n}").path
        for n in range(70)
    ]
    CallRecordFactory(key=key, path="/no")

    response = client.get(f"{EXPORT}?path=yes&per_page=25&before=1-1")

    assert [row["path"] for row in rows_of(response)] == wanted[::-1]


def test_its_days_are_those_of_the_operators_zone_like_the_days_of_the_page(client, admin):
    client.cookies["zone"] = "Pacific/Auckland"  # where the 2nd of March begins 13 hours before UTC
    for path, moment in [
        ("/the-day-before", datetime(2026, 3, 1, 10, 59, tzinfo=UTC)),
        ("/that-day", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("/the-day-after", datetime(2026, 3, 2, 11, tzinfo=UTC)),
    ]:
        CallRecordFactory(path=path, date_added=moment)
    query = "?since=2026-03-02&until=2026-03-02"

    page = client.get(f"/console/history/{query}").text
    response = client.get(f"{EXPORT}{query}")

    assert [row["path"] for row in rows_of(response)] == ["/that-day"]
    assert ("/that-day" in page, "/the-day-" in page) == (True, False)


def test_it_is_streamed_under_a_name_that_says_what_is_inside(client, admin):
    key = APIKeyFactory()
    response = client.get(
        reverse("key_history_export", args=[key.consumer_key]) + "?ip=2001:db8::1&result=denied"
    )

    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    disposition = response["Content-Disposition"]
    assert disposition.startswith(f'attachment; filename="calls_key-{key.consumer_key.lower()}_')
    assert "_result-denied" in disposition
    assert "_ip-2001-db8-1" in disposition
    assert disposition.endswith('.csv"')


@pytest.mark.parametrize(
    "value", ['x"; filename="evil.exe', "../../etc/passwd", "a\r\nSet-Cookie: b"]
)
def test_a_file_name_is_letters_digits_and_hyphens(value):
    name = file_name({"path": value}, NOON)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len(file_name({"path": "x" * 300}, NOON)) < 200


def test_ndjson_can_be_asked_for(client, admin):
    record = CallRecordFactory()
    response = client.get(f"{EXPORT}?format=ndjson")
    (line,) = b"".join(response.streaming_content).splitlines()
    assert json.loads(line)["request_id"] == record.request_id


def test_a_filter_that_cannot_be_read_downloads_nothing(client, admin):
    CallRecordFactory()
    response = client.get(f"{EXPORT}?ip=nowhere")
    assert response.status_code == 400
    assert "“nowhere” is not an address" in response.content.decode()
    assert response["Content-Type"] == "text/plain; charset=utf-8"  # quotation marks are not ASCII


def test_staff_download_calls_of_their_stores_only(client, staff):
    mine = CallRecordFactory()
    CallRecordFactory()
    staff(Store.objects.get(public_id=mine.store_id))

    assert [row["request_id"] for row in rows_of(client.get(EXPORT))] == [mine.request_id]


def test_a_download_leaves_a_change_record(client, admin):
    client.get(f"{EXPORT}?method=POST")

    change = ChangeRecord.objects.get(action="history exported")
    assert (change.actor_name, change.after) == ("admin", {"method": "POST"})


def test_a_secret_among_the_conditions_is_kept_and_repeated_nowhere(client, admin):
    key = APIKeyFactory()

    response = client.get(EXPORT, {"path": f"/x/{key.secret}"})

    assert key.secret not in response["Content-Disposition"]
    assert ChangeRecord.objects.get(action="history exported").after == {"path": "/x/[cut]"}
