"""Small files are fetched ahead, a limited number of them; large ones when they are next; all in order."""

import threading
import time
from collections.abc import Iterator

import pytest

from shares.errors import StorageUnavailable
from shares.models import SharedFile
from shares.services.downloads.prefetch import PREFETCH, SMALL_BYTES, Prefetcher


class Store:
    """Responds to each request after a delay, as a distant storage does, and counts concurrent requests."""

    def __init__(self, *, seconds: float = 0.02) -> None:
        self.seconds, self.concurrent, self.max_concurrent = seconds, 0, 0
        self.requested_keys: list[str] = []
        self._lock = threading.Lock()

    def read(self, key: str, size: int) -> Iterator[bytes]:
        with self._lock:
            self.requested_keys.append(key)
            self.concurrent += 1
            self.max_concurrent = max(self.max_concurrent, self.concurrent)
        time.sleep(self.seconds)
        with self._lock:
            self.concurrent -= 1
        if key == "gone":
            raise StorageUnavailable
        yield key.encode().ljust(size)


def files(*sizes: int) -> list[SharedFile]:
    return [SharedFile(key=f"u/{position}", size=size) for position, size in enumerate(sizes)]


def test_many_small_files_wait_for_the_store_together_and_come_in_order() -> None:
    store, small_files = Store(), files(*[10] * 100)
    fetches = Prefetcher(small_files, read=store.read)
    assert [b"".join(fetches.read(position)).strip() for position in range(100)] == [
        file.key.encode() for file in small_files
    ]
    assert 1 < store.max_concurrent <= PREFETCH
    assert len(store.requested_keys) == 100


def test_a_large_file_is_requested_when_it_is_next_and_an_empty_one_never() -> None:
    store = Store()
    fetches = Prefetcher(files(10, SMALL_BYTES + 1, 0, 20), read=store.read)
    assert len(b"".join(fetches.read(0))) == 10
    assert sorted(store.requested_keys) == ["u/0", "u/3"]
    assert [len(b"".join(fetches.read(position))) for position in (1, 2, 3)] == [SMALL_BYTES + 1, 0, 20]
    assert store.requested_keys.count("u/1") == 1
    assert "u/2" not in store.requested_keys


def test_an_unavailable_file_raises_in_its_turn() -> None:
    store, shared_files = Store(), files(1, 1)
    shared_files[1].key = "gone"
    fetches = Prefetcher(shared_files, read=store.read)
    assert b"".join(fetches.read(0))
    with pytest.raises(StorageUnavailable):
        list(fetches.read(1))


def test_nothing_more_is_fetched_once_it_is_closed() -> None:
    store = Store(seconds=0.2)
    fetches = Prefetcher(files(*[1] * 50), read=store.read)
    next(fetches.read(0))
    fetches.close()
    time.sleep(0.5)
    assert len(store.requested_keys) <= 2 * PREFETCH
