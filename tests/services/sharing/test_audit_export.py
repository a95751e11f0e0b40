"""The audit trail as a file: complete, safe in a spreadsheet, in constant memory, and joined with access logs."""

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shares.callers import Caller
from shares.models import Event, Share, User
from shares.services.downloads import start
from shares.services.downloads.visits import Visit
from shares.services.sharing import audit_export
from tests.accesslogs.log_lines import caddy, s3
from tests.fixtures import fetch

MakeShare = Callable[..., Share]
SHARE = "s" * 22
MAX_PEAK_BYTES = 6_000_000


def event(**values: Any) -> Event:
    return Event(**{"occurred_at": datetime(2026, 1, 1, tzinfo=UTC), "kind": "signed", "share_id": SHARE, **values})


def export(file_format: str = "csv", **options: Any) -> str:
    return "".join(audit_export.WRITERS[file_format](audit_export.read_rows(audit_export.select(**options))))


def run(*arguments: str) -> list[dict[str, str]]:
    output = io.StringIO()
    call_command("audit", *arguments, stdout=output)
    return list(csv.DictReader(io.StringIO(output.getvalue())))


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", '=cmd|"/c calc"!A1', 'a,"b"\n=c']
)
def test_no_name_is_a_formula_and_none_is_lost(db: None, name: str) -> None:
    event(name=name).save()
    [row] = csv.DictReader(io.StringIO(export(), newline=""))
    assert row["name"] == (name if name.startswith("a") else f"'{name}")
    [entry] = json.loads(export("json"))
    assert entry["name"] == name
    assert entry["occurred_at"] == "2026-01-01T00:00:00Z"


def test_events_are_selected_by_time_and_share(db: None) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(4):
        event(occurred_at=first + timedelta(days=day), share_id=SHARE if day else "other", name=str(day)).save()

    def names(**options: Any) -> list[str]:
        return [entry["name"] for entry in json.loads(export("json", **options))]

    assert names() == ["0", "1", "2", "3"]
    assert names(share_id=SHARE) == ["1", "2", "3"]
    assert names(since=first + timedelta(days=1), until=first + timedelta(days=3)) == ["1", "2"]
    assert [row["name"] for row in run("--share", SHARE, "--since", "2026-01-03")] == ["2", "3"]


def test_an_owner_gets_only_events_of_own_shares(make_share: MakeShare, owner: User, colleague: User) -> None:
    share = make_share([b"hello"])
    event(share_id="of another account").save()
    assert {entry["share_id"] for entry in json.loads(export("json", owner=owner))} == {share.pk}
    assert json.loads(export("json", owner=colleague, share_id=share.pk)) == []


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_memory_stays_flat_however_many_events_there_are(db: None, count: int) -> None:
    for start_number in range(0, count, 10_000):
        Event.objects.bulk_create([event(name=f"file {start_number + n}.txt") for n in range(10_000)])
    for file_format in ("csv", "json"):
        tracemalloc.start()
        rows = audit_export.read_rows(audit_export.select())
        line_count = sum(text.count("\n") for text in audit_export.WRITERS[file_format](rows))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert line_count >= count
        assert peak < MAX_PEAK_BYTES, peak


@pytest.mark.parametrize("line_of", [caddy, s3])
def test_a_grant_is_followed_into_the_access_log_of_the_storage(
    make_share: MakeShare, visitor: Caller, now: datetime, tmp_path: Path, line_of: Callable[..., bytes]
) -> None:
    share = make_share([b"hello"])
    [file] = share.files.all()
    download = start.start_file_download(share_id=share.pk, file_id=file.pk, visit=Visit(visitor, now))
    url = download.links[0].url
    assert fetch(url) == b"hello"
    grant = Event.objects.of_share(share.pk).get(kind="granted").reference
    path = url.removeprefix("http://").partition("/")[2]
    values: dict[str, Any] = {"uri": f"/{path}"} if line_of is caddy else {"asked": f"GET /{path} HTTP/1.1"}
    log = tmp_path / "access.log"
    lines = [
        line_of(5, file.key, logged_at=now + timedelta(seconds=2), **values),
        line_of(5, file.key),
        b"x-ref=" + grant.encode(),
        b'{"msg": "x-ref=' + grant.encode() + b'"}',
    ]
    log.write_bytes(b"\n".join(lines) + b"\n")
    rows = run("--grant", grant, "--log", str(log))
    assert [row["kind"] for row in rows] == ["granted", "signed", "storage"]
    assert {row["reference"] for row in rows} == {grant}
    assert rows[2]["address"] == "192.0.2.3"
    assert rows[2]["detail"].startswith("GET /")
    assert rows[2]["detail"].endswith(f"{file.key} 200")
    assert "X-Amz" not in rows[2]["detail"]


def test_a_log_needs_a_grant_and_has_to_exist(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--grant"):
        run("--log", "x")
    with pytest.raises(CommandError, match="can't be read"):
        run("--grant", "x", "--log", str(tmp_path / "none"))
