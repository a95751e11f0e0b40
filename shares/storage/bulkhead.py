"""How many requests of a process may wait for the store at once, so that one that hangs leaves threads for the rest."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shares.errors import StorageUnavailable

# Half of the threads that each process of the web server has.
LIMIT = 2
# How long a request waits for a permit while the store is quick, and from when on it is not.
TIMEOUT_SECONDS, SLOW_SECONDS = 0.25, 0.25
RETRY_SECONDS = 3
_has_entered: ContextVar[bool] = ContextVar("inside", default=False)


class Bulkhead:
    """Admits ``limit`` callers, or all where it is None: a worker has nobody to answer meanwhile."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self._free = threading.Condition()
        self._entered: dict[object, float] = {}
        self._streams = 0

    @contextmanager
    def enter(self, *, timeout: float = TIMEOUT_SECONDS) -> Iterator[None]:
        """For one request, however often it calls meanwhile; threads that help it enter in a copy of its context.

        Raises ``StorageUnavailable`` where there is no permit.
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
        """For bytes that pass through: always admitted, since streams have slots of their own, but they take from the
        places of the others.
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
