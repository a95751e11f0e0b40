"""Key pairs in addition to the first one: the next pair of a rotation, and a long-lived pair for long URLs.

Which of the first and the next pair signs is recorded outside of this process, and read in the background.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from boto3.session import Session
from botocore.credentials import ReadOnlyCredentials

from shares.storage.signing.delivery_settings import SettingsProblem

logger = logging.getLogger(__name__)

# How old the selection may be while it is used, and how long the first use in a process waits for it.
POLL_SECONDS, FIRST_SECONDS = 2.0, 3.0
# Access keys of sessions begin with this on AWS; they end with their session.
TEMPORARY_PREFIX = "ASIA"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The secret is not in ``repr``, so that it cannot reach a log by accident."""

    access_key: str
    secret_key: str = field(repr=False)

    def session(self) -> Session:
        return Session(aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key)

    def credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials(self.access_key, self.secret_key, None)


def key_pair(access_key: str | None, secret_key: str | None) -> KeyPair | None:
    """The pair, if the settings have both parts."""
    return KeyPair(access_key, secret_key) if access_key and secret_key else None


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The values of the settings; "" for those that are not set."""

    access_key: str = ""
    next_access_key: str = ""
    next_secret_key: str = ""
    long_access_key: str = ""
    long_secret_key: str = ""


def key_problems(values: KeySettings) -> Iterator[SettingsProblem]:
    pairs = (
        ("NEXT", "shares.E060", values.next_access_key, values.next_secret_key),
        ("LONG", "shares.E061", values.long_access_key, values.long_secret_key),
    )
    for suffix, problem_id, access_key, secret_key in pairs:
        names = f"AWS_ACCESS_KEY_ID_{suffix}", f"AWS_SECRET_ACCESS_KEY_{suffix}"
        if bool(access_key) != bool(secret_key):
            message = f"Only one of {names[0]} and {names[1]} is set."
            yield SettingsProblem(problem_id, message, f"Set {names[0]} and {names[1]}, or neither.")
        elif access_key.startswith(TEMPORARY_PREFIX):
            message = f"{names[0]} is a key of a session, which ends by itself."
            yield SettingsProblem(problem_id, message, "Use an access key of an IAM user.")
    if values.next_access_key and not values.access_key:
        message = "AWS_ACCESS_KEY_ID_NEXT is set without AWS_ACCESS_KEY_ID: there is no pair to rotate."
        yield SettingsProblem("shares.E062", message, "A role renews its keys by itself; clear the next pair.")
    elif values.next_access_key and values.next_access_key == values.access_key:
        message = "AWS_ACCESS_KEY_ID_NEXT is the access key that signs already."
        yield SettingsProblem("shares.E062", message, "Clear the next pair once the rotation is over.")


class KeySelection:
    """The access key that all processes of the site sign with, read by ``read`` while it is used. ``read`` returns None
    if the selection cannot be read now.
    """

    def __init__(self, read: Callable[[], str | None]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._selected = ""
        self._due = float("-inf")
        self._process_id = 0

    def access_key(self) -> str:
        """The last known selection, immediately; "" for the first pair. Only the first call of a process waits."""
        if time.monotonic() >= self._due or self._process_id != os.getpid():
            self._start_reading()
        return self._selected

    def _start_reading(self) -> None:
        with self._lock:
            is_first = self._process_id != os.getpid()
            if time.monotonic() < self._due and not is_first:
                return
            self._process_id, self._due = os.getpid(), time.monotonic() + POLL_SECONDS
            # A database connection belongs to its thread: the one of a request may be in a transaction.
            thread = threading.Thread(target=self._refresh, daemon=True)
            thread.start()
            if is_first:
                thread.join(FIRST_SECONDS)

    def _refresh(self) -> None:
        selected = self._read()
        if selected is not None and selected != self._selected:
            logger.info("storage: signing with the access key %s", selected or "of the settings")
            self._selected = selected
