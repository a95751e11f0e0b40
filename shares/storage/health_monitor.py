"""The health monitor: a circuit breaker that knows the state of storage before a request needs it.

Requests that take no download do not wait for it. One that takes a download continues only if storage has just served
an object.
"""

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum

from shares.errors import StorageUnavailable
from shares.storage.bulkhead import Bulkhead

logger = logging.getLogger(__name__)

# How old a good state may be, for a page and for a download. A bad one is checked again after a second.
PAGE_SECONDS, FRESH_SECONDS, BAD_SECONDS = 5.0, 0.3, 1.0
# A request that takes a download gets a state that is newer than itself, up to a burst and a rate. Beyond that it gets
# the state of any other download.
EXACT_BURST, EXACT_A_SECOND = 20, 2
# How long a caller waits for a state. After the first time, only half of the threads of a process may continue to wait.
SHED_SECONDS, WAIT_SECONDS = 0.5, 2.0
# A probe without a result by then is lost: its process was forked, or a name lookup hangs.
LOST_SECONDS = 30.0


class State(Enum):
    """``REFUSES``: the store answers, and does not serve what we sign."""

    OK = "ok"
    UNAVAILABLE = "away"
    REFUSES = "refuses"


class HealthMonitor:
    """Calls ``probe`` in a thread of its own, one at a time and only while there are requests.

    Attributes are written with the lock and read without it.
    """

    def __init__(
        self, probe: Callable[[], State], bulkhead: Bulkhead, *, prepare: Callable[[], object] = lambda: None
    ) -> None:
        self._probe, self._prepare = probe, prepare
        self._bulkhead = bulkhead
        self._changed = threading.Condition()
        self._state = State.OK
        self._probing = False
        self._started_at = self._probed_at = self._due = float("-inf")
        self._count = 0
        self._exact, self._filled = float(EXACT_BURST), time.monotonic()

    def state(self) -> State:
        """The last state, immediately; a new probe may start in the background."""
        if time.monotonic() >= self._due:
            with self._changed:
                self._start_probe()
        return self._state

    def fresh_state(self, *, exact: bool = False) -> State:
        """A state that is at most ``FRESH_SECONDS`` old, or newer than this call if ``exact`` and the rate allows it.

        During an outage one caller at a time waits for the next probe, so that the first request after the end
        succeeds; the others get the last state.
        """
        now = time.monotonic()
        if self._state is not State.OK:
            return self._state if now < self._due else self._wait(now, exact=exact)
        since = now if exact and self._consume_exact(now) else now - FRESH_SECONDS
        if self._probed_at < since:
            return self._wait(since, exact=exact)
        if self._probed_at < now - FRESH_SECONDS / 2 and not self._probing:
            with self._changed:  # In the background, so that no request has to wait.
                self._start_probe()
        return self._state

    def _consume_exact(self, now: float) -> bool:
        """Take one of the exact states of the rate. Two threads may take the same one, which does not matter."""
        self._exact = min(EXACT_BURST, self._exact + (now - self._filled) * EXACT_A_SECOND)
        self._filled = now
        if self._exact < 1:
            return False
        self._exact -= 1
        return True

    def recent_state(self, seconds: float) -> State:
        """A state that is at most ``PAGE_SECONDS`` old, awaited for at most ``seconds``. It refuses no request."""
        with self._changed:
            if time.monotonic() >= self._due:
                self._start_probe()
            since = time.monotonic() - PAGE_SECONDS
            if self._probing and not self._changed.wait_for(lambda: self._probed_at >= since, seconds):
                return State.UNAVAILABLE
            return self._state

    def _wait(self, since: float, *, exact: bool) -> State:
        """Wait for a probe that started at ``since`` or later, or for any bad state.

        If too many requests wait already, one that takes no download continues with the last good state, if it is
        recent; one that takes a download is refused, since the download would be lost.
        """
        self._prepare()  # The time to create it must not count.
        with self._changed:
            count, is_own_probe = self._count, self._start_probe()
            if not self._probing or (self._state is not State.OK and not is_own_probe):
                return self._state
            end = self._started_at + WAIT_SECONDS
            if self._wait_for_result(count, since, self._started_at + SHED_SECONDS):
                return self._state
        try:
            with self._bulkhead.enter(timeout=0), self._changed:
                if not self._wait_for_result(count, since, end):
                    self._set_state(State.UNAVAILABLE)
                return self._state
        except StorageUnavailable:
            recent = time.monotonic() - self._probed_at < WAIT_SECONDS
            return State.OK if recent and not exact and self._state is State.OK else State.UNAVAILABLE

    def _wait_for_result(self, count: int, since: float, end: float) -> bool:
        """Wait for more results than ``count``. A probe that started before ``since`` is followed by another."""
        while self._count == count or (self._state is State.OK and self._probed_at < since):
            self._start_probe()
            if not self._changed.wait(max(0.0, end - time.monotonic())):
                return False
        return True

    def _start_probe(self) -> bool:
        """Start a probe unless one is running; True if this call did."""
        now = time.monotonic()
        if self._probing and now < self._started_at + LOST_SECONDS:
            return False
        self._probing, self._started_at = True, now
        try:
            threading.Thread(target=self._run_probe, args=[now], daemon=True).start()
        except RuntimeError:  # No thread can be started now: the next caller tries again.
            self._probing = False
        return self._probing

    def _run_probe(self, started_at: float) -> None:
        state = State.UNAVAILABLE
        try:
            state = self._probe()
        except Exception:  # A defect of this program must not end the probing.
            logger.exception("storage: the probe failed")
        finally:
            with self._changed:
                if started_at == self._started_at:  # Otherwise the probe was given up.
                    self._probing, self._probed_at = False, started_at
                    self._count += 1
                    self._set_state(state)
                    self._changed.notify_all()

    def _set_state(self, state: State) -> None:
        if state is State.OK and self._state is not State.OK:
            logger.info("storage: it serves again")
        elif state is State.UNAVAILABLE and self._state is not State.UNAVAILABLE:
            logger.warning("storage: it does not answer; downloads are refused until it does")
        self._state = state
        self._due = self._started_at + PAGE_SECONDS if state is State.OK else time.monotonic() + BAD_SECONDS
