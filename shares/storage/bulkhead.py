"""Limits how many requests of a process wait for storage, so that a storage that hangs leaves threads for others."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shares.errors import StorageUnavailable

# Half of the threads of each process of the web server.
LIMIT = 2
# How long a request waits for a permit while storage is fast, and the time from which it counts as slow.
TIMEOUT_SECONDS, SLOW_SECONDS = 0.25, 0.25
RETRY_SECONDS = 3
_has_entered: ContextVar[bool] = ContextVar("has_entered", default=False)


class Bulkhead:
    """Admits ``limit`` callers, or all if it is None, as in a worker, which has no requests."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self._free = threading.Condition()
        self._entered: dict[object, float] = {}
        self._streams = 0

    @contextmanager
    def enter(self, *, timeout: float = TIMEOUT_SECONDS) -> Iterator[None]:
        """Enter once for a request, however many calls it makes; its helper threads run in a copy of its context.

        Raises ``StorageUnavailable`` if there is no permit.
        """
        if self.limit is None or _has_entered.get():
            yield
            return
        permit, before = self._acquire(time.monotonic() + timeout), _has_entered.set(True)
        try:
            yield
        finally:
            _has_entered.reset(before)
            with self._free:
                del self._entered[permit]
                self._free.notify()

    @contextmanager
    def stream(self) -> Iterator[None]:
        """For streams: always admitted, since they have permits of their own, but they reduce the permits of the
        others.
        """
        with self._free:
            self._streams += 1
        try:
            yield
        finally:
            with self._free:
                self._streams -= 1
                self._free.notify()

    def _acquire(self, end: float) -> object:
        permit = object()
        with self._free:
            while len(self._entered) >= max(1, (self.limit or 0) - self._streams):
                remaining = end - time.monotonic()
                slow = time.monotonic() - min(self._entered.values()) > SLOW_SECONDS
                if slow or remaining <= 0:
                    raise StorageUnavailable(retry_after=RETRY_SECONDS)
                self._free.wait(remaining)
            self._entered[permit] = time.monotonic()
        return permit
