"""Bytes of many files, one after another; small ones are requested before their turn comes.

For a small file, a storage takes longer to respond than to send. Memory holds no more than ``PREFETCH`` of them.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from shares.models import SharedFile
from shares.storage import share_storage

SMALL_BYTES = 256 * 1024
PREFETCH = 8


def read_rewritten(key: str, _size: int) -> Iterator[bytes]:
    """All bytes of an object, however many: what an Object Lambda function makes of it."""
    return share_storage().readable_objects.read_to_end(key, start=0)


class Prefetcher:
    """``read`` gives the bytes of an object of that size, or raises. To be closed, read to its end or not."""

    def __init__(
        self, files: Sequence[SharedFile], *, read: Callable[[str, int], Iterator[bytes]] | None = None
    ) -> None:
        self._files = files
        store = share_storage()
        self._read = read or (read_rewritten if store.rewrites_objects else store.readable_objects.read)
        # Its threads start with the first small file.
        self._pool = ThreadPoolExecutor(PREFETCH, thread_name_prefix="fetch")
        self._early: dict[int, Future[bytes]] = {}

    def read(self, position: int) -> Iterator[bytes]:
        """The bytes of the file at ``position``; positions are requested in order, each once."""
        for index in range(position, min(position + PREFETCH, len(self._files))):
            if 0 < self._files[index].size <= SMALL_BYTES and index not in self._early:
                self._early[index] = self._pool.submit(self._read_small_file, index)
        early = self._early.pop(position, None)
        if early is not None:
            yield early.result()
        elif self._files[position].size:
            yield from self._read(self._files[position].key, self._files[position].size)

    def close(self) -> None:
        """Does not wait for reads that are still running."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read_small_file(self, position: int) -> bytes:
        return b"".join(self._read(self._files[position].key, self._files[position].size))
