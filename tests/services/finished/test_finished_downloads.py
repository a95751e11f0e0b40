"""Which downloads count as finished: bytes of one file to one address, every line once, in any order."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone
from pytest_django import Settings

from shares.accesslogs import MAX_LINE_BYTES, read_lines
from shares.callers import Caller
from shares.models import CountedLogLine, Event, LogCursor, PartialDownload, Share, SharedFile
from shares.services import events
from shares.services.downloads.delivery import delivery_of
from shares.services.finished import counting
from shares.services.finished.counting import ImportStats
from shares.services.sharing import summaries
from tests.accesslogs import log_lines

SIZE = 1000
MakeShare = Callable[..., Share]
Write = Callable[..., bytes]


@pytest.fixture
def file(make_share: MakeShare) -> SharedFile:
    return make_share([b"x" * SIZE]).files.select_related("share").get()


def read(*log: bytes, now: datetime | None = None) -> ImportStats:
    stats = ImportStats()
    counting.count_downloads(read_lines([b"\n".join(log)]), stats, now=now or timezone.now())
    assert stats.lines == (stats.unrelated + stats.unreadable + stats.old + stats.duplicates + stats.recorded)
    return stats


def line(
    file: SharedFile,
    size: object,
    status: int = 200,
    *,
    address: str = "198.51.100.7",
    ago: float = 60,
    s3: bool = False,
) -> bytes:
    logged_at = timezone.now() - timedelta(seconds=ago)
    if s3:
        return log_lines.s3(size, file.key, address=address, logged_at=logged_at, status=str(status))
    return log_lines.caddy(size, file.key, address=address, logged_at=logged_at, status=status)


def finished(file: SharedFile) -> int:
    return Event.objects.filter(kind=Event.Kind.FINISHED, share_id=file.share_id, file_id=file.pk).count()


@pytest.mark.parametrize("s3", [False, True], ids=["caddy", "s3"])
def test_a_complete_file_is_a_finished_download_with_an_event(file: SharedFile, s3: bool) -> None:
    log = [line(file, SIZE, s3=s3)]
    assert read(*log).finished == 1
    event = Event.objects.get(kind="finished")
    assert (event.share_id, event.file_id, event.name) == (file.share_id, file.pk, "file-0.txt")
    assert (event.address, event.user_email) == ("198.51.100.7", "")
    assert timedelta(seconds=55) < timezone.now() - event.occurred_at < timedelta(seconds=70)
    assert not PartialDownload.objects.exists()


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([(SIZE, 200)], 1),
        ([(SIZE, 200), (SIZE, 200)], 2),
        ([(SIZE, 206)], 1),
        ([(600, 200)], 0),
        ([(SIZE - 1, 200)], 0),
        ([(600, 200), (400, 206)], 1),
        ([(600, 206), (400, 206)], 1),
        ([(600, 206), (399, 206)], 0),
        ([(600, 200), (300, 206), (100, 206)], 1),
        # A client that starts again gets the same bytes again.
        ([(600, 200), (600, 200), (600, 200)], 0),
        ([(600, 200), (600, 200), (400, 206)], 1),
        ([(600, 200), (SIZE, 200)], 1),
        # Interrupted responses before a complete download are reset by it.
        ([(600, 200), (SIZE, 200), (400, 206)], 1),
        ([(600, 200), (400, 206), (600, 200), (400, 206)], 2),
        ([(600, 200), (400, 206), (400, 206)], 1),
        ([(0, 200), (0, 206)], 0),
        # Several ranges in one answer come with words between them.
        ([(SIZE + 200, 206)], 1),
        ([(10**14, 206)], 1),
    ],
)
def test_bytes_to_one_address_add_up_to_downloads(
    file: SharedFile, responses: Sequence[tuple[int, int]], expected: int
) -> None:
    log = [line(file, size, status, ago=60 - position) for position, (size, status) in enumerate(responses)]
    assert read(*log).finished == expected
    assert finished(file) == expected
    Event.objects.all().delete()
    CountedLogLine.objects.all().delete()
    PartialDownload.objects.all().delete()
    # One at a time, each by a reader of its own.
    assert sum(read(log_line).finished for log_line in log) == expected


def test_the_order_in_which_the_pieces_are_read_does_not_matter(file: SharedFile) -> None:
    for index, order in enumerate(permutations([(500, 200), (300, 206), (200, 206)])):
        address = f"198.51.100.{index}"
        for size, status in order:
            read(line(file, size, status, address=address))
        assert finished(file) == index + 1


def test_pieces_of_different_addresses_and_files_make_no_download(make_share: MakeShare) -> None:
    first, second = make_share([b"x" * SIZE, b"y" * SIZE]).files.select_related("share")
    read(line(first, 600), line(first, 400, 206, address="198.51.100.8"), line(second, 400, 206))
    assert finished(first) + finished(second) == 0
    assert PartialDownload.objects.count() == 3
    assert read(line(first, 400, 206, address="::ffff:198.51.100.7")).finished == 1
    assert "198.51.100.7" not in str(list(PartialDownload.objects.values()))


def test_the_same_line_counts_once_in_whatever_log(file: SharedFile) -> None:
    log = [line(file, SIZE, ago=60), line(file, 600, ago=50, s3=True), line(file, 400, 206, ago=40)]
    assert read(*log, *log).finished == 2
    stats = read(*log[1:], log[0] + b"\r")
    assert (stats.finished, stats.recorded, stats.duplicates) == (0, 0, 3)
    assert finished(file) == 2
    # The same once more, sent again, is another.
    assert read(line(file, SIZE)).finished == 1


def test_other_files_other_buckets_and_other_operations_do_not_count(file: SharedFile) -> None:
    logged_at = timezone.now()
    read_twice = [
        log_lines.caddy(SIZE, "u/" + "0" * 32, logged_at=logged_at),
        log_lines.caddy(SIZE, file.key.replace("u/", "t/"), logged_at=logged_at),
        log_lines.caddy(SIZE, uri=f"/other/{file.key}", logged_at=logged_at),
        log_lines.s3(SIZE, file.key, bucket="other", logged_at=logged_at),
        log_lines.caddy(SIZE, file.key, method="HEAD", logged_at=logged_at),
        log_lines.caddy(SIZE, file.key, method="PUT", logged_at=logged_at),
        log_lines.caddy(SIZE, file.key, status=403, logged_at=logged_at),
        log_lines.s3(SIZE, file.key, query="", kind="AuthHeader", logged_at=logged_at),
    ]
    for _ in range(2):
        stats = read(*read_twice)
        assert (stats.unrelated, stats.recorded, stats.finished) == (len(read_twice), 0, 0)
    assert not CountedLogLine.objects.exists()
    assert not Event.objects.filter(kind="finished").exists()


def test_a_bucket_behind_an_access_point_has_another_name(file: SharedFile, settings: Settings) -> None:
    point = "arn:aws:s3:eu-central-1:123456789012:accesspoint/files"
    options = settings.STORAGES["shares"]["OPTIONS"] | {"bucket_name": point}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
    assert read(log_lines.s3(SIZE, file.key, bucket="behind", logged_at=timezone.now())).finished == 1


def test_the_site_itself_records_finished_downloads_of_strict_shares(make_share: MakeShare) -> None:
    file = make_share([b"x" * SIZE], strict=True).files.select_related("share").get()
    assert read(line(file, SIZE)).unrelated == 1
    assert finished(file) == 0


def test_empty_files_and_files_that_are_gone_are_downloads_too(make_share: MakeShare, now: datetime) -> None:
    share = make_share([b"", b"x" * SIZE])
    empty, other_file = share.files.select_related("share")
    assert read(line(empty, 0), line(empty, "-", s3=True)).finished == 2
    SharedFile.objects.update(purged_at=now)
    Share.objects.update(purging_at=now, purged_at=now)
    assert read(line(other_file, SIZE)).finished == 1


def test_invalid_lines_are_counted_and_stop_nothing(file: SharedFile) -> None:
    junk = [b"", b"hello", b"{", b"\xff\x00\n\x00", b"x" * (MAX_LINE_BYTES + 1), line(file, SIZE)[:-9], line(file, -5)]
    log = [log_line for bad in junk for log_line in (bad, line(file, SIZE))]
    stats = read(*log)
    assert (stats.finished, stats.unreadable) == (len(junk), len(junk) + 1)


def test_lines_from_tomorrow_or_from_before_the_history_do_not_count(file: SharedFile, settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    stats = read(line(file, SIZE, ago=31 * 86400), line(file, SIZE, ago=-2 * 86400), line(file, SIZE, ago=-60))
    assert (stats.old, stats.unreadable, stats.finished) == (1, 1, 1)
    # A clock that is slightly fast writes no future event into the history.
    assert Event.objects.get(kind="finished").occurred_at <= timezone.now()


def test_records_of_logs_expire_with_the_history_and_no_line_counts_again(file: SharedFile, settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    now, day = timezone.now(), timedelta(days=1)
    log = [line(file, SIZE), line(file, 600, address="198.51.100.9"), line(file, SIZE, ago=-43_200)]
    assert read(*log, now=now).finished == 2
    LogCursor.objects.create(id="x", read_at=now)
    assert counting.delete_expired(now=now + 29 * day) == 0
    for days in (30.4, 30.6, 31.6, 32):
        later = now + days * day
        events.delete_expired(now=later)
        counting.delete_expired(now=later)
        assert read(*log, now=later).recorded == 0, days
    assert not CountedLogLine.objects.exists()
    assert not PartialDownload.objects.exists()
    assert not LogCursor.objects.exists()
    assert finished(file) == 0


def test_addresses_are_recorded_as_the_setting_defines(file: SharedFile, settings: Settings) -> None:
    settings.AUDIT_ADDRESSES = "truncated"
    read(line(file, 600), line(file, 400, 206), line(file, 600, address="198.51.100.8"))
    assert [event.address for event in Event.objects.filter(kind="finished")] == ["198.51.100.0/24"]
    assert PartialDownload.objects.count() == 1


def test_many_lines_are_stored_in_batches_and_a_reader_can_end_between_them(file: SharedFile) -> None:
    log = [line(file, SIZE, ago=3600 - position) for position in range(counting.BATCH + 5)]
    source, offsets = read_lines([b"\n".join(log) + b"\n"]), list[int]()
    stats = ImportStats()
    assert not counting.count_downloads(source, stats, now=timezone.now(), save_position=offsets.append, until=0)
    assert stats.finished == finished(file) == counting.BATCH
    assert offsets == [sum(len(log_line) + 1 for log_line in log[: counting.BATCH])]
    unread_lines = read_lines([b"\n".join(log)[offsets[0] :]], start=offsets[0])
    assert counting.count_downloads(unread_lines, stats, now=timezone.now(), save_position=offsets.append)
    assert stats.finished == finished(file) == len(log)
    assert offsets[-1] == sum(len(log_line) + 1 for log_line in log) - 1


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    "crash_point",
    [("_load_partial_downloads", 1), ("_save_partial_downloads", 0), ("_save_partial_downloads", 1)],
    ids=["before", "within", "after a batch"],
)
def test_a_reader_that_is_killed_loses_and_doubles_nothing(
    file: SharedFile, monkeypatch: pytest.MonkeyPatch, crash_point: tuple[str, int]
) -> None:
    monkeypatch.setattr(counting, "BATCH", 10)
    log = [
        log_line for n in range(20) for log_line in (line(file, 600, ago=200 - n), line(file, 400, 206, ago=199.5 - n))
    ]
    calls, (name, call_index) = 0, crash_point
    real = getattr(counting, name)

    def fatal(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        result = real(*arguments)
        if calls > call_index + 1:
            raise Killed
        return result

    monkeypatch.setattr(counting, name, fatal)
    with pytest.raises(Killed):
        read(*log)
    monkeypatch.setattr(counting, name, real)
    before = finished(file)
    assert before == 5 * (calls - 1)
    assert read(*log).finished == 20 - before
    assert finished(file) == 20


def finished_count(share: Share) -> int | None:
    return summaries.statistics(
        share=share, caller=Caller(user=share.owner), counts_finished=delivery_of(share).counts_finished_downloads
    ).finished


def test_the_number_of_finished_downloads_is_shown_where_it_is_known(
    make_share: MakeShare, file: SharedFile, settings: Settings
) -> None:
    share, strict = file.share, make_share(strict=True)
    assert finished_count(share) is None
    settings.ACCESS_LOG = "/somewhere.log"
    assert (finished_count(share), finished_count(strict)) == (0, None)
    settings.ACCESS_LOG = ""
    read(line(file, SIZE))
    assert (finished_count(share), finished_count(strict)) == (1, None)
