"""Share passwords: hashed slowly but boundedly, and guessed at a rate the database counts."""

import os
import re
import sys
import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    check_password,
    make_password,
)
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.callers import Caller
from shares.errors import Busy, Invalid, TooManyTries, WrongPassword
from shares.models import Guess, Share
from shares.services import events, throttles
from shares.services.text import COMPOSED_FROM

TRIES_PER_ADDRESS, ADDRESS_WINDOW = 10, timedelta(minutes=15)
# Windows are fixed, so an hour can touch three of them: never more than ninety guesses in any sixty minutes.
TRIES_PER_SHARE, SHARE_WINDOW = 30, timedelta(minutes=30)
NOTIFY_OWNER_AFTER = 20
MAX_PASSWORD_LENGTH = 128
# Blanks, and marks that cannot be seen, which come along when a password is copied out of a message.
_AROUND = re.compile(r"^[\s\u200b\u200e\u200f\u2060\ufeff]+|[\s\u200b\u200e\u200f\u2060\ufeff]+$")
# Each hash holds 19 MiB and a processor for some 20 ms. So many run at once in a process, and so many threads wait for
# them: half of what the web server has, the others stay free for clicks.
AT_ONCE = 2
OWNER_SECONDS = 5
CROWDED = _("Many passwords are being checked right now. Try again in a moment.")
_places = threading.BoundedSemaphore(AT_ONCE)


def _give_way() -> None:
    """Clicks go first: the hashing threads get what they leave over. On Linux each thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, 10)


_hashing = ThreadPoolExecutor(AT_ONCE, "hash", initializer=_give_way)


class SharePasswordHasher(Argon2PasswordHasher):
    """argon2id at 19 MiB, t=2, p=1 (OWASP's minimum): a recipient's password is checked often, an account's rarely."""

    algorithm = "argon2_share"
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


@contextmanager
def _permit(*, seconds: float) -> Iterator[None]:
    """Raises Busy when none gets free within ``seconds``."""
    if not _places.acquire(timeout=seconds):
        raise Busy(str(CROWDED))
    try:
        yield
    finally:
        _places.release()


def crowded() -> bool:
    """Whether a guess would find no place now: asked by doors that can say so before they read anything."""
    free = _places.acquire(blocking=False)
    if free:
        _places.release()
    return not free


def normalize_password(password: str) -> str:
    """One spelling for all that a person takes for the same secret: accents composed and every blank a plain one, as
    RFC 8265 has it for passwords (OpaqueString), and nothing invisible at its ends. Bounded by the caller.
    """
    composed = unicodedata.normalize("NFC", password)
    return _AROUND.sub("", "".join(" " if unicodedata.category(c) == "Zs" else c for c in composed))


def hashed(password: str) -> str:
    """The stored form of a share password; empty for no password. Raises Invalid."""
    if not password:
        return ""
    password = normalize_password(password) if len(password) <= MAX_PASSWORD_LENGTH * COMPOSED_FROM else password
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Invalid(
            gettext("A password can be at most %(count)d characters long.") % {"count": MAX_PASSWORD_LENGTH},
            field="password",
        )
    if not password:
        raise Invalid(gettext("A password needs at least one character other than spaces."), field="password")
    with _permit(seconds=OWNER_SECONDS):
        return _hashing.submit(make_password, password, hasher=SharePasswordHasher.algorithm).result()


def check(*, share: Share, password: str, caller: Caller, now: datetime) -> None:
    """Compare a guess with the share's password. Raises WrongPassword, TooManyTries or Busy.

    Whoever finds no place is told so before anything is written. The guess is charged before the hash is computed, per
    address and over all addresses; a right one is refunded.
    """
    source = throttles.source(caller.address)
    with _permit(seconds=0):
        _consume(share, source, caller, now)
        right = any(
            _hashing.submit(check_password, spelling, share.password).result() for spelling in _spellings(password)
        )
    if right:
        for counter in (source, Guess.EVERYONE):
            Guess.objects.refund(share.pk, counter)
        return
    Guess.objects.filter(share=share, source=Guess.EVERYONE).update(failures=F("failures") + 1)
    raise events.refused(WrongPassword(), caller=caller, share=share, now=now)


def _spellings(password: str) -> list[str]:
    """What to compare: the one spelling, and the password as it came, as former versions have stored it."""
    if len(password) > MAX_PASSWORD_LENGTH * COMPOSED_FROM:
        return []
    return [
        spelling
        for spelling in dict.fromkeys([normalize_password(password), password])
        if 0 < len(spelling) <= MAX_PASSWORD_LENGTH
    ]


def _consume(share: Share, source: str, caller: Caller, now: datetime) -> None:
    for counter, limit, window in (
        (source, TRIES_PER_ADDRESS, ADDRESS_WINDOW),
        (Guess.EVERYONE, TRIES_PER_SHARE, SHARE_WINDOW),
    ):
        wait = Guess.objects.charge(share.pk, counter, limit=limit, window=window, now=now)
        if wait:
            raise events.refused(TooManyTries(retry_after=wait), caller=caller, share=share, now=now)


def forget_guesses(*, now: datetime) -> int:
    """Drop counters whose window is long over; those that still owe the owner a word stay."""
    stale = Guess.objects.filter(started_at__lt=now - SHARE_WINDOW).exclude(source=Guess.EVERYONE)
    return stale.delete()[0]
