"""What the store last said of itself, known beforehand: who takes nothing waits for nothing, and who takes a unit is
let on only if the store served an object a moment ago.
"""

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum

from shares.errors import StorageUnavailable
from shares.storage.bulkhead import Bulkhead

logger = logging.getLogger(__name__)

# How old a good answer may be: for a page, and for a click. A bad one is doubted after a second.
PAGE_SECONDS, FRESH_SECONDS, BAD_SECONDS = 5.0, 0.3, 1.0
# What takes a unit wants an answer that is newer than itself, as long as that is affordable: so many at once, and so
# many a second later on. A unit in a crowd does with what any click does with.
EXACT_BURST, EXACT_A_SECOND = 20, 2
# How long a caller waits for an answer. Of those who still wait after the first time only half a process may go on.
SHED_SECONDS, WAIT_SECONDS = 0.5, 2.0
# A probe that is not back by then will not come back: its process was forked, or a name is being looked up for good.
LOST_SECONDS = 30.0


class State(Enum):
    """``REFUSES``: the store answers, and does not serve what we sign."""

    OK = "ok"
    UNAVAILABLE = "away"
    REFUSES = "refuses"


class HealthMonitor:
    """Calls ``probe`` in a thread of its own, one at a time and only as long as somebody wants to know.

    On the instance everything is written under the lock and read without it.
    """

    def __init__(
        self, probe: Callable[[], State], bulkhead: Bulkhead, *, prepare: Callable[[], object] = lambda: None
    ) -> None:
        self._probe, self._prepare = probe, prepare
        self._bulkhead = bulkhead
        self._changed = threading.Condition()
        self._state = State.OK
        self._probing = False
        self._began_at = self._looked = self._due = float("-inf")
        self._count = 0
        self._exact, self._filled = float(EXACT_BURST), time.monotonic()

    def state(self) -> State:
        """The last answer, at once; the next one is asked for beside."""
        if time.monotonic() >= self._due:
            with self._changed:
                self._begin()
        return self._state

    def fresh_state(self, *, exact: bool = False) -> State:
        """An answer that is ``FRESH_SECONDS`` old at most, or newer than this call if ``exact``, outside of a crowd.

        While the store is not well, one caller at a time waits for the next answer, so that the first click after its
        return is a good one, and the others get the last.
        """
        now = time.monotonic()
        if self._state is not State.OK:
            return self._state if now < self._due else self._wait(now, exact=exact)
        since = now if exact and self._affordable(now) else now - FRESH_SECONDS
        if self._looked < since:
            return self._wait(since, exact=exact)
        if self._looked < now - FRESH_SECONDS / 2 and not self._probing:
            with self._changed:  # Beside, so that nobody in a crowd has to wait.
                self._begin()
        return self._state

    def _affordable(self, now: float) -> bool:
        """Take one of the exact answers. Two at the same moment may take the same one, which does not matter."""
        self._exact = min(EXACT_BURST, self._exact + (now - self._filled) * EXACT_A_SECOND)
        self._filled = now
        if self._exact < 1:
            return False
        self._exact -= 1
        return True

    def recent_state(self, seconds: float) -> State:
        """An answer that is no older than a page's, waited for ``seconds`` at most. Nobody is turned away for it."""
        with self._changed:
            if time.monotonic() >= self._due:
                self._begin()
            since = time.monotonic() - PAGE_SECONDS
            if self._probing and not self._changed.wait_for(lambda: self._looked >= since, seconds):
                return State.UNAVAILABLE
            return self._state

    def _wait(self, since: float, *, exact: bool) -> State:
        """For an answer to a probe that began at ``since`` or later; any bad one will do.

        That too many wait already says more of this machine than of the store. Who takes nothing goes on by the last
        good answer then, if it is not old; who takes a unit is refused, since a unit would be lost.
        """
        self._prepare()  # what is made only once says nothing of the store
        with self._changed:
            count, is_own_probe = self._count, self._begin()
            if not self._probing or (self._state is not State.OK and not is_own_probe):
                return self._state
            end = self._began_at + WAIT_SECONDS
            if self._answered(count, since, self._began_at + SHED_SECONDS):
                return self._state
        try:
            with self._bulkhead.enter(timeout=0), self._changed:
                if not self._answered(count, since, end):
                    self._learn(State.UNAVAILABLE)
                return self._state
        except StorageUnavailable:
            recent = time.monotonic() - self._looked < WAIT_SECONDS
            return State.OK if recent and not exact and self._state is State.OK else State.UNAVAILABLE

    def _answered(self, count: int, since: float, end: float) -> bool:
        """Wait for more answers than ``count``. One that was under way before ``since`` is followed by another."""
        while self._count == count or (self._state is State.OK and self._looked < since):
            self._begin()
            if not self._changed.wait(max(0.0, end - time.monotonic())):
                return False
        return True

    def _begin(self) -> bool:
        """Start a probe unless one is under way; True if this call did."""
        now = time.monotonic()
        if self._probing and now < self._began_at + LOST_SECONDS:
            return False
        self._probing, self._began_at = True, now
        try:
            threading.Thread(target=self._run_probe, args=[now], daemon=True).start()
        except RuntimeError:  # The machine has no thread to give just now: the next caller tries again.
            self._probing = False
        return self._probing

    def _run_probe(self, began_at: float) -> None:
        state = State.UNAVAILABLE
        try:
            state = self._probe()
        except Exception:  # a defect of ours must not end the looking
            logger.exception("storage: it could not be looked at")
        finally:
            with self._changed:
                if began_at == self._began_at:  # else it was given up
                    self._probing, self._looked = False, began_at
                    self._count += 1
                    self._learn(state)
                    self._changed.notify_all()

    def _learn(self, state: State) -> None:
        if state is State.OK and self._state is not State.OK:
            logger.info("storage: it serves again")
        elif state is State.UNAVAILABLE and self._state is not State.UNAVAILABLE:
            logger.warning("storage: it does not answer; downloads are refused until it does")
        self._state = state
        self._due = self._began_at + PAGE_SECONDS if state is State.OK else time.monotonic() + BAD_SECONDS
