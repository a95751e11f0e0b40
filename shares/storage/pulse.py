"""Whether the store answers, known beforehand: a click neither waits for storage nor leads to one that is away."""

import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shares.storage.faults import status_of

# A key that no file has.
PROBE = "healthz"
# How long an answer is good for: a dead address is led to for that long at most, and a pause is over that soon.
WELL_SECONDS, AWAY_SECONDS = 5.0, 1.0
# Twice, because a busy store may refuse one request of many; and nobody is kept waiting for long.
HASTY = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})


class Pulse:
    """Takes ``ask`` for the state of the store, at most once in a while and only as long as somebody wants to know."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._asking = threading.Lock()
        self._well = True
        self._due = 0.0

    def beats(self) -> bool:
        """The last answer. While the store is well it is asked beside; while it is away one caller waits for it, so
        that the first click after its return is a good one.
        """
        if time.monotonic() >= self._due and self._asking.acquire(blocking=False):
            if self._well:
                self._look_beside()
            else:
                self._look()
        return self._well

    def _look_beside(self) -> None:
        try:
            threading.Thread(target=self._look, daemon=True).start()
        except RuntimeError:  # The machine has no thread to give just now: the next caller tries again.
            self._asking.release()

    def _look(self) -> None:
        try:
            self._well = self._ask()
        finally:
            self._due = time.monotonic() + (WELL_SECONDS if self._well else AWAY_SECONDS)
            self._asking.release()


def answers(client: Any, bucket: str) -> bool:
    """Whether the store says anything but "not now"; what it thinks of the probe does not matter."""
    try:
        client.head_object(Bucket=bucket, Key=PROBE)
    except ClientError as fault:
        return status_of(fault) < 500
    except BotoCoreError:
        return False
    return True
