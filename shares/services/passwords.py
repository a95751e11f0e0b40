"""Passwords of shares: hashed slowly within a bound, and with limited attempts that the database counts."""

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
from django.utils.translation import gettext_lazy as _

from shares.callers import Caller
from shares.errors import Busy, Invalid, TooManyTries, WrongPassword
from shares.models import PasswordAttempt, Share
from shares.services import events, throttles
from shares.services.text import COMPOSED_FROM

TRIES_PER_ADDRESS, ADDRESS_WINDOW = 10, timedelta(minutes=15)
# Windows are fixed, so an hour can overlap three of them: at most ninety attempts in any sixty minutes.
TRIES_PER_SHARE, SHARE_WINDOW = 30, timedelta(minutes=30)
NOTIFY_OWNER_AFTER = 20
MAX_PASSWORD_LENGTH = 128
# Blanks and invisible characters, which are copied along with a password from a message.
_AROUND = re.compile(r"^[\s\u200b\u200e\u200f\u2060\ufeff]+|[\s\u200b\u200e\u200f\u2060\ufeff]+$")
# A hash takes 19 MiB and a processor for about 20 ms. This many run at the same time in a process, and this many
# threads wait for them: half of those of the web server, so that the others are free for downloads.
MAX_CONCURRENT_HASHES = 2
OWNER_SECONDS = 5
BUSY_MESSAGE = _("Many passwords are being checked right now. Try again in a moment.")
_permits = threading.BoundedSemaphore(MAX_CONCURRENT_HASHES)


def _lower_priority() -> None:
    """Other requests go first: hashing uses the processor time that they leave. On Linux threads have priorities."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, 10)


_hashing = ThreadPoolExecutor(MAX_CONCURRENT_HASHES, "hash", initializer=_lower_priority)


class SharePasswordHasher(Argon2PasswordHasher):
    """argon2id at 19 MiB, t=2, p=1 (the minimum of OWASP): passwords of shares are checked often."""

    algorithm = "argon2_share"
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


@contextmanager
def _permit(*, seconds: float) -> Iterator[None]:
    """Raises Busy if no permit becomes free within ``seconds``."""
    if not _permits.acquire(timeout=seconds):
        raise Busy(BUSY_MESSAGE)
    try:
        yield
    finally:
        _permits.release()


def is_saturated() -> bool:
    """Whether an attempt would get no permit now: interfaces check it before they read a request."""
    free = _permits.acquire(blocking=False)
    if free:
        _permits.release()
    return not free


def normalize_password(password: str) -> str:
    """Return one spelling of all forms of the same secret: accents are composed and every blank is a space, as in RFC
    8265 (OpaqueString), and invisible characters at the ends are removed. The caller bounds the length.
    """
    composed = unicodedata.normalize("NFC", password)
    return _AROUND.sub("", "".join(" " if unicodedata.category(c) == "Zs" else c for c in composed))


def hash_password(password: str) -> str:
    """The stored form of a share password; empty for no password. Raises Invalid."""
    if not password:
        return ""
    password = normalize_password(password) if len(password) <= MAX_PASSWORD_LENGTH * COMPOSED_FROM else password
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Invalid(
            _("A password can be at most %(count)d characters long."),
            field="password",
            count=MAX_PASSWORD_LENGTH,
        )
    if not password:
        raise Invalid(_("A password needs at least one character other than spaces."), field="password")
    with _permit(seconds=OWNER_SECONDS):
        return _hashing.submit(make_password, password, hasher=SharePasswordHasher.algorithm).result()


def check(*, share: Share, password: str, caller: Caller, now: datetime) -> None:
    """Compare a password with that of the share. Raises WrongPassword, TooManyTries or Busy.

    Without a free permit nothing is written. The attempt is counted before the hash is computed, by address and over
    all addresses; a correct one is refunded.
    """
    source = throttles.source(caller.address)
    with _permit(seconds=0):
        _consume(share, source, caller, now)
        right = any(
            _hashing.submit(check_password, spelling, share.password).result() for spelling in _spellings(password)
        )
    if right:
        for counter in (source, PasswordAttempt.ANY_SOURCE):
            PasswordAttempt.objects.refund(share.pk, counter)
        return
    PasswordAttempt.objects.filter(share=share, source=PasswordAttempt.ANY_SOURCE).update(failures=F("failures") + 1)
    raise events.record_refusal(WrongPassword(), caller=caller, share=share, now=now)


def _spellings(password: str) -> list[str]:
    """The spellings to compare: the normalized one, and the password as it was sent."""
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
        (PasswordAttempt.ANY_SOURCE, TRIES_PER_SHARE, SHARE_WINDOW),
    ):
        wait = PasswordAttempt.objects.consume(share.pk, counter, limit=limit, window=window, now=now)
        if wait:
            raise events.record_refusal(TooManyTries(retry_after=wait), caller=caller, share=share, now=now)


def delete_expired_attempts(*, now: datetime) -> int:
    """Delete counters whose window is over, except those that count the failures to notify the owner of."""
    stale = PasswordAttempt.objects.filter(started_at__lt=now - SHARE_WINDOW).exclude(source=PasswordAttempt.ANY_SOURCE)
    return stale.delete()[0]
