import csv
import io
import json
import stat
from datetime import UTC, datetime

import pytest

from apikeys.models import ChangeRecord
from history import export
from tests.factories import APIKeyFactory, CallRecordFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def records():
    """Two calls of one key and a denied one of another, a month apart, newest first."""
    key = APIKeyFactory()
    return [
        CallRecordFactory(key=key, date_added=NOON.replace(month=5), path="/api/v1/stores"),
        CallRecordFactory(date_added=NOON.replace(month=4), reason="ip_not_allowed"),
        CallRecordFactory(key=key, date_added=NOON),
    ]


def ids(ran):
    return [json.loads(line)["request_id"] for line in ran.out.splitlines()]


def test_csv_is_the_default(command, records):
    ran = command("export_history")
    header, *rows = csv.reader(io.StringIO(ran.out))
    assert ran.code == 0
    assert header == list(export.COLUMNS)
    assert [row[0] for row in rows] == [
        "2026-05-01T12:00:00.000Z",
        "2026-04-01T12:00:00.000Z",
        "2026-03-01T12:00:00.000Z",
    ]


def test_ndjson_is_one_call_a_line(command, records):
    assert ids(command("export_history", "--format=ndjson")) == [r.request_id for r in records]


def test_json_is_one_document(command, records):
    document = command("export_history", "--json").document
    assert [row["request_id"] for row in document] == [r.request_id for r in records]
    assert tuple(document[0]) == export.COLUMNS


@pytest.mark.parametrize("option", [[], ["--json"], ["--format=ndjson"]])
def test_an_empty_history_is_exported_as_such(command, option):
    ran = command("export_history", *option)
    assert ran.code == 0
    assert ran.out.strip() == {(): ",".join(export.COLUMNS), ("--json",): "[]"}.get(
        tuple(option), ""
    )


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--key={key}"], [0, 2]),
        (["--outcome=denied"], [1]),
        (["--outcome=allowed"], [0, 2]),
        (["--since=2026-04-01"], [0, 1]),
        (["--until=2026-04-01T12:00:00Z"], [2]),
        (["--since=2026-03-15", "--until=2026-04-15"], [1]),
        (["--since=2050-01-01"], []),
    ],
)
def test_options_choose_the_calls(command, records, options, chosen):
    options = [option.format(key=records[0].consumer_key) for option in options]
    ran = command("export_history", "--format=ndjson", *options)
    assert ran.code == 0
    assert ids(ran) == [records[index].request_id for index in chosen]


def test_the_history_of_a_deleted_key_can_be_exported(command):
    record = CallRecordFactory(key=APIKeyFactory.build(api_user=APIKeyFactory().api_user, pk=7))
    ran = command("export_history", f"--key={record.consumer_key}", "--format=ndjson")
    assert ids(ran) == [record.request_id]


def test_who_exported_what_is_kept_among_the_changes(command, records):
    key = records[0].consumer_key

    command("export_history", "--key", key, "--outcome=allowed", "--since=2026-01-01")

    change = ChangeRecord.objects.get(action="history exported")
    assert change.actor_name.startswith("export_history by ")
    assert (change.kind, change.consumer_key) == (ChangeRecord.Kind.API_KEY, key)
    assert change.after == {
        "key": key,
        "since": "2026-01-01T00:00:00+00:00",
        "result": "allowed",
    }


def test_an_unknown_key_matches_nothing(command, records):
    assert command("export_history", "--key=ck_live_0000000000000000").code == 3


@pytest.mark.parametrize(
    "wrong", ["--format=xml", "--outcome=other", "--since=once", "--until=2026-02-30", "--key=a\nb"]
)
def test_what_does_not_fit_is_wrong_usage(command, wrong):
    assert command("export_history", wrong).code == 2


class TestFile:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "history.csv"

    def test_it_is_for_its_owner_alone(self, command, records, path):
        ran = command("export_history", f"--output={path}", "--json")
        assert ran.document == {"calls": 3, "format": "csv", "file": str(path)}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(path.read_bytes().splitlines()) == 4
        assert [entry.name for entry in path.parent.iterdir()] == ["history.csv"]

    def test_one_that_exists_is_kept(self, command, records, path):
        path.write_text("mine")
        ran = command("export_history", f"--output={path}")
        assert ran.code == 2
        assert "--force" in ran.err
        assert path.read_text() == "mine"

    def test_force_replaces_it_and_closes_it_to_others(self, command, records, path):
        path.write_text("mine")
        path.chmod(0o644)
        assert command("export_history", f"--output={path}", "--force").code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().startswith("time,")

    @pytest.mark.parametrize("force", [[], ["--force"]])
    @pytest.mark.parametrize("exists", [True, False])
    def test_a_symbolic_link_is_not_followed(self, command, path, tmp_path, force, exists):
        target = tmp_path / "target"
        if exists:
            target.write_text("mine")
        path.symlink_to(target)
        assert command("export_history", f"--output={path}", *force).code == 2
        assert target.exists() is exists
        assert not exists or target.read_text() == "mine"

    def test_a_folder_is_not_replaced(self, command, tmp_path):
        assert command("export_history", f"--output={tmp_path}", "--force").code == 2

    def test_where_nothing_can_be_written_it_fails(self, command, tmp_path):
        ran = command("export_history", f"--output={tmp_path}/missing/history.csv")
        assert ran.code == 1
        assert "Traceback" not in ran.err

    def test_one_that_appears_meanwhile_is_kept(self, command, records, path, monkeypatch):
        lines = export.lines

        def slowly(*args, **options):
            path.write_text("theirs")
            return lines(*args, **options)

        monkeypatch.setattr(export, "lines", slowly)
        assert command("export_history", f"--output={path}").code == 2
        assert path.read_text() == "theirs"

    def test_half_an_export_is_no_file(self, command, records, path, monkeypatch):
        def fail(*args, **options):
            yield "time\r\n"
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(export, "lines", fail)
        ran = command("export_history", f"--output={path}")
        assert ran.code == 1
        assert "No space left" in ran.err
        assert list(path.parent.iterdir()) == []
