"""Where logs are read from: a file that grows and is rotated, a bucket of logs; by the scheduler and by hand."""

import gzip
import io
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from shares import accesslogs as logs
from shares import tasks
from shares.errors import StorageUnavailable
from shares.models import Event, LogCursor, Share, SharedFile
from shares.services.finished import accesslogs, counting
from shares.services.finished.accesslogs import follow
from shares.services.finished.counting import ImportStats
from shares.storage import share_storage
from shares.storage.bucket.objects import Objects
from tests.accesslogs import log_lines

SIZE = 1000
LOGS = "access-logs"
MakeShare = Callable[..., Share]


@pytest.fixture
def file(make_share: MakeShare) -> SharedFile:
    return make_share([b"x" * SIZE]).files.get()


@pytest.fixture
def log(tmp_path: Path, settings: Settings) -> Path:
    settings.ACCESS_LOG = str(tmp_path / "storage.log")
    (tmp_path / "storage.log").touch()
    return tmp_path / "storage.log"


@pytest.fixture
def bucket(storage: None, db: None, settings: Settings) -> Any:
    """A client of the store, where there is an empty bucket of logs."""
    settings.ACCESS_LOG = f"s3://{LOGS}/shares/"
    client = share_storage().client
    if LOGS not in {listed_bucket["Name"] for listed_bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=LOGS)
    for listed_object in client.list_objects_v2(Bucket=LOGS).get("Contents", ()):
        client.delete_object(Bucket=LOGS, Key=listed_object["Key"])
    return client


def lines(file: SharedFile, number: int = 1) -> bytes:
    return b"".join(log_lines.caddy(SIZE, file.key, logged_at=timezone.now()) + b"\n" for _ in range(number))


def write(path: Path, text: bytes) -> None:
    with path.open("ab") as log:
        log.write(text)


def run(**options: Any) -> ImportStats:
    return follow(now=timezone.now(), **options)


def finished() -> int:
    return Event.objects.filter(kind="finished").count()


def test_without_a_log_nothing_is_read(db: None) -> None:
    assert run() == ImportStats()
    assert tasks.read_access_log() == 0


def test_a_growing_file_is_read_on_from_where_it_was_left(log: Path, file: SharedFile) -> None:
    assert run() == ImportStats()
    write(log, lines(file, 3))
    assert run().finished == 3
    assert run().lines == 0
    next_lines = lines(file, 2)
    write(log, next_lines[:-20])
    assert run().finished == 1
    write(log, next_lines[-20:])
    stats = run()
    assert (stats.lines, stats.finished, finished()) == (1, 1, 5)


def test_what_is_remembered_of_a_file_only_saves_work(log: Path, file: SharedFile) -> None:
    write(log, lines(file, 3))
    run()
    LogCursor.objects.all().delete()
    stats = run()
    assert (stats.lines, stats.duplicates, stats.finished) == (3, 3, 0)
    LogCursor.objects.update(position=10**9, marker="")
    assert run().lines == 0


def move(log: Path, target: Path) -> None:
    log.rename(target)


def copy(log: Path, target: Path) -> None:
    shutil.copy(log, target)
    os.truncate(log, 0)


def pack(log: Path, target: Path) -> None:
    target.with_name(f"{target.name}.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()


def test_a_file_that_has_not_changed_is_not_opened_far(
    log: Path, file: SharedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A packed one would have to be unpacked up to where it was left."""
    opened: list[Path] = []
    real = logs.read_chunks

    def read_chunks(path: Path, start: int) -> Any:
        opened.append(path)
        return real(path, start)

    monkeypatch.setattr(logs, "read_chunks", read_chunks)
    write(log, lines(file, 3))
    pack(log, log.with_name("storage.log.1"))
    write(log, lines(file, 1))
    compressed_log = log.with_name("storage.log.1.gz")
    assert [run().lines, run().lines] == [4, 0]
    assert opened == [compressed_log, log]
    write(log, lines(file, 1))
    assert run().lines == 1
    assert opened == [compressed_log, log, log]


@pytest.mark.parametrize("turn", [move, copy, pack])
@pytest.mark.parametrize("name", ["storage.log.1", "storage-2026-02-06T10-00-00.000.log"])
def test_turning_a_file_over_loses_and_doubles_nothing(
    log: Path, file: SharedFile, turn: Callable[[Path, Path], None], name: str
) -> None:
    write(log, lines(file, 3))
    assert run().finished == 3
    write(log, lines(file, 2))
    turn(log, log.with_name(name))
    write(log, lines(file, 1))
    stats = run()
    assert (stats.lines, stats.finished) == (3, 3)
    write(log, lines(file, 4))
    stats = run()
    assert (stats.lines, stats.finished, finished()) == (4, 4, 10)


def test_a_run_ends_in_time_and_the_next_goes_on(log: Path, file: SharedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BATCH", 10)
    write(log, lines(file, 35))
    assert [run(seconds=0).lines for _ in range(5)] == [10, 10, 10, 5, 0]
    assert finished() == 35


@pytest.mark.parametrize("missing_log", ["/no/such/folder/storage.log", "{folder}/nothing.log"])
def test_a_missing_log_is_reported_and_expected_later(
    missing_log: str, tmp_path: Path, db: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ACCESS_LOG = missing_log.format(folder=tmp_path)
    with pytest.raises(StorageUnavailable, match=r"access log can.t be read"):
        run()
    assert tasks.read_access_log() == 0
    assert "The next run tries again." in caplog.text
    with pytest.raises(CommandError, match=r"access log can.t be read"):
        call_command("deliveries")


def put(client: Any, key: str, body: bytes) -> None:
    client.put_object(Bucket=LOGS, Key=key, Body=body)


def test_a_bucket_of_logs_is_read_object_by_object_and_each_once(bucket: Any, file: SharedFile) -> None:
    for number in (1, 2, 3):
        put(bucket, f"shares/2026-02-06-00-00-0{number}-ABC", lines(file, number))
    put(bucket, "shares/2026-02-06-00-00-04-ABC", b"")
    put(bucket, "other/2026-02-06-00-00-01-ABC", lines(file, 5))
    assert run().finished == 6
    assert run().lines == 0
    # One comes late, with a name before others; another is written on.
    put(bucket, "shares/2026-02-06-00-00-02-AAA", lines(file))
    was = bucket.get_object(Bucket=LOGS, Key="shares/2026-02-06-00-00-03-ABC")["Body"].read()
    put(bucket, "shares/2026-02-06-00-00-03-ABC", was + lines(file, 2).rstrip(b"\n"))
    stats = run()
    assert (stats.lines, stats.finished, finished()) == (3, 3, 9)
    LogCursor.objects.all().delete()
    stats = run()
    assert (stats.lines, stats.duplicates) == (9, 9)


def test_objects_of_former_days_are_not_listed_again(
    bucket: Any, file: SharedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_keys: list[str] = []
    real = Objects.walk

    def walk(self: Objects, prefix: str, *, after: str) -> Any:
        start_keys.append(after)
        return real(self, prefix, after=after)

    monkeypatch.setattr(Objects, "walk", walk)
    for number in (1, 2, 3):
        put(bucket, f"shares/{number}", lines(file))
    now = timezone.now()
    for moment in (now, now + timedelta(days=3), now + timedelta(days=3)):
        follow(now=moment)
    put(bucket, "shares/4", lines(file))
    assert follow(now=now).finished == 1
    assert start_keys == ["", "", "shares/3", "shares/3"]
    assert finished() == 4


def test_of_a_bucket_too_a_run_ends_in_time(bucket: Any, file: SharedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "BATCH", 10)
    monkeypatch.setattr(accesslogs, "OBJECTS", 1)
    put(bucket, "shares/1", lines(file, 25))
    put(bucket, "shares/2", lines(file, 5))
    assert [run(seconds=0).lines for _ in range(5)] == [10, 10, 5, 5, 0]
    assert finished() == 30


def test_a_missing_bucket_is_reported(bucket: Any, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.ACCESS_LOG = "s3://no-such-bucket"
    with pytest.raises(StorageUnavailable):
        run()
    assert tasks.read_access_log() == 0
    with pytest.raises(CommandError):
        call_command("deliveries")


def run_command(*arguments: str) -> str:
    output = io.StringIO()
    call_command("deliveries", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_reports_in_one_line_what_it_read(file: SharedFile, tmp_path: Path, now: datetime) -> None:
    log, compressed_log = tmp_path / "a.log", tmp_path / "b.log.gz"
    junk = b"junk\n\xff\xfe\x00\n" + b"x" * 100_000 + b"\n"
    write(
        log,
        lines(file, 2)
        + junk
        + log_lines.caddy(SIZE, logged_at=now)
        + b"\n"
        + log_lines.s3(600, file.key, address="192.0.2.9", logged_at=now),
    )
    compressed_log.write_bytes(
        gzip.compress(
            log.read_bytes() + b"\n" + log_lines.s3(400, file.key, address="192.0.2.9", logged_at=now, status="206")
        )
    )
    assert run_command(str(log), str(compressed_log)) == (
        "15 lines read: 4 of our files, 3 downloads finished; 3 read before, 0 too old, 2 not ours, 6 not understood\n"
    )
    assert run_command(str(compressed_log)) == (
        "8 lines read: 0 of our files, 0 downloads finished; 4 read before, 0 too old, 1 not ours, 3 not understood\n"
    )


def test_the_command_reads_standard_input(file: SharedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_bytes(lines(file, 3).rstrip(b"\n"))
    with (tmp_path / "log").open() as source:
        monkeypatch.setattr("sys.stdin", source)
        assert run_command("-").startswith("3 lines read: 3 of our files, 3 downloads finished;")


def test_the_command_without_a_file_reads_what_the_setting_names(log: Path, file: SharedFile) -> None:
    write(log, lines(file, 2))
    assert run_command().startswith("2 lines read: 2 of our files, 2 downloads finished;")
    assert run_command().startswith("0 lines read:")


def test_the_command_reports_what_it_cannot_read(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match="Name a log"):
        run_command()
    for name in (str(tmp_path / "nothing"), str(tmp_path)):
        with pytest.raises(CommandError, match=f"{name} can.t be read: "):
            run_command(name)


def test_a_missing_log_does_not_affect_the_others(file: SharedFile, tmp_path: Path) -> None:
    write(tmp_path / "a.log", lines(file, 2))
    output = io.StringIO()
    with pytest.raises(CommandError, match=r"nothing can.t be read: No such file or directory"):
        call_command("deliveries", str(tmp_path / "nothing"), str(tmp_path / "a.log"), stdout=output)
    assert output.getvalue().startswith("2 lines read: 2 of our files, 2 downloads finished;")


def test_the_task_continues_reading_and_deletes_old_rows(log: Path, file: SharedFile) -> None:
    write(log, lines(file, 2))
    assert [tasks.read_access_log() for _ in range(2)] == [2, 0]
    assert LogCursor.objects.count() == 1
    LogCursor.objects.update(read_at=timezone.now() - timedelta(days=400))
    assert tasks.delete_expired() == 1
