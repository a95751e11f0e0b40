"""The limits of password attempts: by the hour, in threads, and never for browsers that are unlocked."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shares import errors
from shares.callers import Caller
from shares.models import Event, PasswordAttempt, Share, User
from shares.services import passwords
from shares.services.downloads import access
from shares.services.downloads.visits import Visit

MakeShare = Callable[..., Share]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MAX_TRIES_PER_HOUR = 100


@pytest.fixture
def locked(owner: User, now: datetime) -> Share:
    return Share.objects.create(owner=owner, created_at=now, live_at=now, password=passwords.hash_password("secret"))


def allowed(share: Share, tries: dict[timedelta, int], start: datetime) -> list[datetime]:
    """The times at which attempts were allowed, of this many at each time, over all addresses."""
    moments = []
    for after, number in tries.items():
        moment = start + after
        for _ in range(number):
            window, limit = passwords.SHARE_WINDOW, passwords.TRIES_PER_SHARE
            if not PasswordAttempt.objects.consume(
                share.pk, PasswordAttempt.ANY_SOURCE, limit=limit, window=window, now=moment
            ):
                moments.append(moment)
    return moments


@pytest.mark.parametrize(
    "tries",
    [
        pytest.param({MINUTE * minute: 10 for minute in range(0, 180, 3)}, id="steadily"),
        # One to open a window, then all at its very end and at the beginning of the next.
        pytest.param(
            {MINUTE * 0: 1, MINUTE * 29: 40, MINUTE * 30: 40, MINUTE * 60: 40, MINUTE * 89: 40, MINUTE * 90: 40},
            id="at the seams",
        ),
    ],
)
def test_in_no_hour_do_more_than_a_hundred_reach_the_hash(
    locked: Share, now: datetime, tries: dict[timedelta, int]
) -> None:
    moments = allowed(locked, tries, now)
    max_tries = max(sum(start <= moment < start + HOUR for moment in moments) for start in moments)
    assert passwords.TRIES_PER_SHARE < max_tries <= MAX_TRIES_PER_HOUR


def test_an_attempt_without_a_permit_is_rejected_at_once_and_not_counted(
    locked: Share, visitor: Caller, now: datetime
) -> None:
    hashing, go_on = threading.Barrier(passwords.MAX_CONCURRENT_HASHES + 1), threading.Event()

    def slow() -> bool:
        hashing.wait(10)
        return go_on.wait(10)

    pending = [passwords._hashing.submit(slow) for _ in range(passwords.MAX_CONCURRENT_HASHES)]
    hashing.wait(10)
    for _ in range(passwords.MAX_CONCURRENT_HASHES):
        assert passwords._permits.acquire(blocking=False)
    try:
        with pytest.raises(errors.Busy) as busy:
            access.unlock(share=locked, visit=Visit(visitor, now, password="guess"))
        assert busy.value.retry_after
        assert not PasswordAttempt.objects.exists()
        assert not Event.objects.exists()
    finally:
        go_on.set()
        for _ in range(passwords.MAX_CONCURRENT_HASHES):
            passwords._permits.release()
    assert all(future.result(10) for future in pending)


def test_permits_are_released_whatever_the_result_of_an_attempt(locked: Share, visitor: Caller, now: datetime) -> None:
    for word in ["wrong"] * 11 + ["x" * 200]:
        with pytest.raises((errors.WrongPassword, errors.TooManyTries)):
            access.unlock(share=locked, visit=Visit(visitor, now, password=word))
    other_caller = Caller(address="203.0.113.9")
    for _ in range(passwords.MAX_CONCURRENT_HASHES + 1):
        assert access.unlock(share=locked, visit=Visit(other_caller, now, password="secret"))
