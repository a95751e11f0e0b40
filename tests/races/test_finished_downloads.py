"""Several concurrent readers of the same logs: every line counts once, and no bytes are lost."""

import random
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shares.accesslogs import read_lines
from shares.callers import Caller
from shares.models import CountedLogLine, Event, PartialDownload, SharedFile
from shares.services.finished import counting
from shares.services.finished.counting import ImportStats
from tests.accesslogs import log_lines
from tests.fixtures import make_user
from tests.races.test_caps import together
from tests.races.test_slots import make

READERS, DOWNLOADS, SIZE = 6, 120, 1000


@pytest.mark.parametrize("same_order", [True, False], ids=["one log", "logs in other orders"])
def test_concurrent_readers_of_the_same_lines_count_each_once(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, same_order: bool
) -> None:
    """Each address gets a file completely, in two ranges, and once up to the middle."""
    monkeypatch.setattr(counting, "BATCH", 20)
    make(Caller(user=make_user("owner@example.com")), *([SIZE] * 3))
    files, now = list(SharedFile.objects.all()), timezone.now()
    log: list[bytes] = []
    for number in range(DOWNLOADS):
        file, address = files[number % 3], f"198.51.100.{number}"
        for index, (size, status) in enumerate([(SIZE, 200), (600, 206), (400, 206), (500, 200)]):
            logged_at = now - timedelta(seconds=600 - 60 * index)
            log.append(log_lines.caddy(size, file.key, address=address, logged_at=logged_at, status=status))
    counts = [ImportStats() for _ in range(READERS)]

    def read(reader: int) -> None:
        own_log = log if same_order else random.Random(reader).sample(log, len(log))
        counting.count_downloads(read_lines([b"\n".join(own_log)]), counts[reader], now=now)

    together(READERS, read)
    assert CountedLogLine.objects.count() == len(log) == sum(stats.recorded for stats in counts)
    assert {stats.recorded + stats.duplicates for stats in counts} == {len(log)}
    finished = Event.objects.filter(kind="finished").count()
    assert finished == sum(stats.finished for stats in counts)
    if same_order:
        assert finished == 2 * DOWNLOADS
        assert set(PartialDownload.objects.values_list("beginning", "ranges")) == {(500, 0)}
    else:
        # An interrupted response may be read before the ranges, and then counts for some of their bytes: at most all.
        assert DOWNLOADS <= finished <= 2 * DOWNLOADS


@pytest.mark.parametrize("first_bytes", [0, 200], ids=["from nothing", "from a beginning"])
def test_two_readers_with_a_piece_each_put_them_together(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, first_bytes: int
) -> None:
    """Both read before either writes, unless one has to wait for the other."""
    make(Caller(user=make_user("owner@example.com")), SIZE)
    file, now = SharedFile.objects.get(), timezone.now()
    real = counting._load_partial_downloads

    def slow(*arguments: Any) -> Any:
        result = real(*arguments)
        time.sleep(0.05)
        return result

    for number in range(10):
        address, remaining_bytes = f"198.51.100.{number}", (SIZE - first_bytes) // 2
        first = log_lines.caddy(first_bytes, file.key, address=address, logged_at=now)
        counting.count_downloads(read_lines([first]), ImportStats(), now=now)
        pieces = [
            log_lines.caddy(remaining_bytes, file.key, address=address, logged_at=now, status=206) for _ in range(2)
        ]
        monkeypatch.setattr(counting, "_load_partial_downloads", slow)

        def read(index: int, pieces: list[bytes] = pieces) -> None:
            counting.count_downloads(read_lines([pieces[index]]), ImportStats(), now=now)

        together(2, read)
        monkeypatch.setattr(counting, "_load_partial_downloads", real)
    assert Event.objects.filter(kind="finished").count() == 10
    assert not PartialDownload.objects.exists()
