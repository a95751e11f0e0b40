"""Watches the disk of the data folder: logs a warning before it is full, and a message when it is."""

from collections.abc import Callable

from shares.services.disk import Interval, free_space

CHECK_SECONDS = 2
LOW_SECONDS, FULL_SECONDS = 3600, 60


class DiskWatch:
    """Logs the state of the disk with ``log``; ``check`` may be called at any rate."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._check_interval = Interval(CHECK_SECONDS)
        self._low, self._full = Interval(LOW_SECONDS), Interval(FULL_SECONDS)
        self._was_low = self._was_full = False

    def check(self) -> None:
        if not self._check_interval.is_due():
            return
        now = free_space()
        if now.full:
            if not self._was_full or self._full.is_due():
                self._full.is_due()
                self._log(f"the disk is full: {now} left; free some space, and everything continues by itself")
        elif self._was_full:
            self._log(f"the disk has free space again: {now} left")
        elif now.low and (not self._was_low or self._low.is_due()):
            self._low.is_due()
            self._log(f"warning: the disk is almost full: {now} left")
        self._was_low, self._was_full = now.low, now.full
