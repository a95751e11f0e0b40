"""Which downloads count as finished: bytes of one file to one address, every line once, in whatever order."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone
from pytest_django import Settings

from shares.accesslogs import LONGEST, lines
from shares.models import Delivery, Event, ReadLine, ReadLog, Share, SharedFile
from shares.policies import Caller
from shares.services import events
from shares.services.finished import deliveries
from shares.services.finished.deliveries import Counted
from shares.services.sharing import summaries
from tests.accesslogs import written

SIZE = 1000
MakeShare = Callable[..., Share]
Write = Callable[..., bytes]


@pytest.fixture
def file(make_share: MakeShare) -> SharedFile:
    return make_share([b"x" * SIZE]).files.select_related("share").get()


def read(*log: bytes, now: datetime | None = None) -> Counted:
    counted = Counted()
    deliveries.read(lines([b"\n".join(log)]), counted, now=now or timezone.now())
    assert counted.lines == (counted.foreign + counted.unreadable + counted.old + counted.again + counted.counted)
    return counted


def line(
    file: SharedFile,
    size: object,
    status: int = 200,
    *,
    address: str = "198.51.100.7",
    ago: float = 60,
    s3: bool = False,
) -> bytes:
    at = timezone.now() - timedelta(seconds=ago)
    if s3:
        return written.s3(size, file.key, address=address, at=at, status=str(status))
    return written.caddy(size, file.key, address=address, at=at, status=status)


def finished(file: SharedFile) -> int:
    return Event.objects.filter(kind=Event.Kind.FINISHED, share_id=file.share_id, file_id=file.pk).count()


@pytest.mark.parametrize("s3", [False, True], ids=["caddy", "s3"])
def test_a_whole_file_is_a_finished_download_and_told(file: SharedFile, s3: bool) -> None:
    log = [line(file, SIZE, s3=s3)]
    assert read(*log).finished == 1
    told = Event.objects.get(kind="finished")
    assert (told.share_id, told.file_id, told.name) == (file.share_id, file.pk, "file-0.txt")
    assert (told.address, told.who) == ("198.51.100.7", "")
    assert timedelta(seconds=55) < timezone.now() - told.at < timedelta(seconds=70)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("sent", "wanted"),
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
        # Who begins anew gets the same bytes again.
        ([(600, 200), (600, 200), (600, 200)], 0),
        ([(600, 200), (600, 200), (400, 206)], 1),
        ([(600, 200), (SIZE, 200)], 1),
        # What broke off before a whole download is settled with it.
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
    file: SharedFile, sent: Sequence[tuple[int, int]], wanted: int
) -> None:
    log = [line(file, size, status, ago=60 - place) for place, (size, status) in enumerate(sent)]
    assert read(*log).finished == wanted
    assert finished(file) == wanted
    Event.objects.all().delete()
    ReadLine.objects.all().delete()
    Delivery.objects.all().delete()
    # One at a time, each by a reader of its own.
    assert sum(read(each).finished for each in log) == wanted


def test_the_order_in_which_the_pieces_are_read_does_not_matter(file: SharedFile) -> None:
    for place, order in enumerate(permutations([(500, 200), (300, 206), (200, 206)])):
        address = f"198.51.100.{place}"
        for size, status in order:
            read(line(file, size, status, address=address))
        assert finished(file) == place + 1


def test_pieces_of_different_addresses_and_files_make_no_download(make_share: MakeShare) -> None:
    one, two = make_share([b"x" * SIZE, b"y" * SIZE]).files.select_related("share")
    read(line(one, 600), line(one, 400, 206, address="198.51.100.8"), line(two, 400, 206))
    assert finished(one) + finished(two) == 0
    assert Delivery.objects.count() == 3
    assert read(line(one, 400, 206, address="::ffff:198.51.100.7")).finished == 1
    assert "198.51.100.7" not in str(list(Delivery.objects.values()))


def test_the_same_line_counts_once_in_whatever_log(file: SharedFile) -> None:
    log = [line(file, SIZE, ago=60), line(file, 600, ago=50, s3=True), line(file, 400, 206, ago=40)]
    assert read(*log, *log).finished == 2
    counted = read(*log[1:], log[0] + b"\r")
    assert (counted.finished, counted.counted, counted.again) == (0, 0, 3)
    assert finished(file) == 2
    # The same once more, sent again, is another.
    assert read(line(file, SIZE)).finished == 1


def test_other_files_other_buckets_and_other_deeds_do_not_count(file: SharedFile) -> None:
    at = timezone.now()
    read_twice = [
        written.caddy(SIZE, "u/" + "0" * 32, at=at),
        written.caddy(SIZE, file.key.replace("u/", "t/"), at=at),
        written.caddy(SIZE, uri=f"/other/{file.key}", at=at),
        written.s3(SIZE, file.key, bucket="other", at=at),
        written.caddy(SIZE, file.key, method="HEAD", at=at),
        written.caddy(SIZE, file.key, method="PUT", at=at),
        written.caddy(SIZE, file.key, status=403, at=at),
        written.s3(SIZE, file.key, query="", kind="AuthHeader", at=at),
    ]
    for _ in range(2):
        counted = read(*read_twice)
        assert (counted.foreign, counted.counted, counted.finished) == (len(read_twice), 0, 0)
    assert not ReadLine.objects.exists()
    assert not Event.objects.filter(kind="finished").exists()


def test_a_bucket_behind_an_access_point_has_another_name(file: SharedFile, settings: Settings) -> None:
    point = "arn:aws:s3:eu-central-1:123456789012:accesspoint/files"
    options = settings.STORAGES["shares"]["OPTIONS"] | {"bucket_name": point}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
    assert read(written.s3(SIZE, file.key, bucket="behind", at=timezone.now())).finished == 1


def test_strict_shares_are_told_by_the_site_itself(make_share: MakeShare) -> None:
    file = make_share([b"x" * SIZE], strict=True).files.select_related("share").get()
    assert read(line(file, SIZE)).foreign == 1
    assert finished(file) == 0


def test_empty_files_and_files_that_are_gone_are_downloads_too(make_share: MakeShare, now: datetime) -> None:
    share = make_share([b"", b"x" * SIZE])
    empty, other = share.files.select_related("share")
    assert read(line(empty, 0), line(empty, "-", s3=True)).finished == 2
    SharedFile.objects.update(purged_at=now)
    Share.objects.update(purging_at=now, purged_at=now)
    assert read(line(other, SIZE)).finished == 1


def test_junk_between_lines_is_counted_and_stops_nothing(file: SharedFile) -> None:
    junk = [b"", b"hello", b"{", b"\xff\x00\n\x00", b"x" * (LONGEST + 1), line(file, SIZE)[:-9], line(file, -5)]
    log = [each for bad in junk for each in (bad, line(file, SIZE))]
    counted = read(*log)
    assert (counted.finished, counted.unreadable) == (len(junk), len(junk) + 1)


def test_lines_from_tomorrow_or_from_before_the_history_do_not_count(file: SharedFile, settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    counted = read(line(file, SIZE, ago=31 * 86400), line(file, SIZE, ago=-2 * 86400), line(file, SIZE, ago=-60))
    assert (counted.old, counted.unreadable, counted.finished) == (1, 1, 1)
    # A clock that is a little ahead writes no line of the future into the history.
    assert Event.objects.get(kind="finished").at <= timezone.now()


def test_what_is_known_of_logs_ages_with_the_history_and_no_line_counts_again(
    file: SharedFile, settings: Settings
) -> None:
    settings.AUDIT_DAYS = 30
    now, day = timezone.now(), timedelta(days=1)
    log = [line(file, SIZE), line(file, 600, address="198.51.100.9"), line(file, SIZE, ago=-43_200)]
    assert read(*log, now=now).finished == 2
    ReadLog.objects.create(id="x", at=now)
    assert deliveries.forget(now=now + 29 * day) == 0
    for days in (30.4, 30.6, 31.6, 32):
        later = now + days * day
        events.forget_aged(now=later)
        deliveries.forget(now=later)
        assert read(*log, now=later).counted == 0, days
    assert not ReadLine.objects.exists()
    assert not Delivery.objects.exists()
    assert not ReadLog.objects.exists()
    assert finished(file) == 0


def test_addresses_are_told_as_the_setting_wants_them(file: SharedFile, settings: Settings) -> None:
    settings.AUDIT_ADDRESSES = "truncated"
    read(line(file, 600), line(file, 400, 206), line(file, 600, address="198.51.100.8"))
    assert [event.address for event in Event.objects.filter(kind="finished")] == ["198.51.100.0/24"]
    assert Delivery.objects.count() == 1


def test_many_lines_are_written_in_batches_and_a_reader_can_end_between_them(file: SharedFile) -> None:
    log = [line(file, SIZE, ago=3600 - place) for place in range(deliveries.BATCH + 5)]
    source, places = lines([b"\n".join(log) + b"\n"]), list[int]()
    counted = Counted()
    assert not deliveries.read(source, counted, now=timezone.now(), passed=places.append, until=0)
    assert counted.finished == finished(file) == deliveries.BATCH
    assert places == [sum(len(each) + 1 for each in log[: deliveries.BATCH])]
    rest = lines([b"\n".join(log)[places[0] :]], start=places[0])
    assert deliveries.read(rest, counted, now=timezone.now(), passed=places.append)
    assert counted.finished == finished(file) == len(log)
    assert places[-1] == sum(len(each) + 1 for each in log) - 1


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", [("_parts", 1), ("_keep", 0), ("_keep", 1)], ids=["before", "within", "after a batch"])
def test_a_reader_that_is_killed_loses_and_doubles_nothing(
    file: SharedFile, monkeypatch: pytest.MonkeyPatch, at: tuple[str, int]
) -> None:
    monkeypatch.setattr(deliveries, "BATCH", 10)
    log = [each for n in range(20) for each in (line(file, 600, ago=200 - n), line(file, 400, 206, ago=199.5 - n))]
    calls, (name, when) = 0, at
    real = getattr(deliveries, name)

    def fatal(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        found = real(*arguments)
        if calls > when + 1:
            raise Killed
        return found

    monkeypatch.setattr(deliveries, name, fatal)
    with pytest.raises(Killed):
        read(*log)
    monkeypatch.setattr(deliveries, name, real)
    before = finished(file)
    assert before == 5 * (calls - 1)
    assert read(*log).finished == 20 - before
    assert finished(file) == 20


def numbers(share: Share) -> int | None:
    return summaries.numbers(share=share, caller=Caller(user=share.owner)).finished


def test_the_owners_number_is_there_where_somebody_can_tell(
    make_share: MakeShare, file: SharedFile, settings: Settings
) -> None:
    share, strict = file.share, make_share(strict=True)
    assert numbers(share) is None
    settings.ACCESS_LOG = "/somewhere.log"
    assert (numbers(share), numbers(strict)) == (0, None)
    settings.ACCESS_LOG = ""
    read(line(file, SIZE))
    assert (numbers(share), numbers(strict)) == (1, None)
