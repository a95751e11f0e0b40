"""Bytes that pass through this server: few streams at once, each stopped when its share ends.

A strict share is served only this way: every request shows its grant, and no address leaves that works without one.
"""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from shares import policies
from shares.errors import Busy, Locked, NotFound, OutOfRange, Refusal, Removed
from shares.models import Event, Share, SharedFile, clicks
from shares.policies import Caller
from shares.services import events, grants
from shares.services.grants import Held
from shares.storage import share_storage

# Each stream holds a thread of the web server as long as it lasts; half of them stay free for clicks.
AT_ONCE = 2
LOOK_AGAIN_SECONDS = 2.0
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_slots = threading.BoundedSemaphore(AT_ONCE)


class Body:
    """Pieces of a response; gives its slot back when it ends, fails or is closed."""

    def __init__(self, pieces: Iterator[bytes], share: Share) -> None:
        self._pieces = pieces
        self._share = share
        self._look = time.monotonic() + LOOK_AGAIN_SECONDS
        self._open = True

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> bytes:
        try:
            if time.monotonic() >= self._look:
                self._look = time.monotonic() + LOOK_AGAIN_SECONDS
                _still_given(self._share)
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._open:
            self._open = False
            _slots.release()


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes ``start`` to ``end`` (inclusive) of a file of ``size`` bytes; ``body`` must be closed, read or not."""

    name: str
    tag: str
    size: int
    start: int
    end: int
    partial: bool
    body: Body


def claim_slot() -> None:
    """Raises Busy when as many streams run as this process allows."""
    if not _slots.acquire(blocking=False):
        raise Busy("Many downloads are passing through this server right now. Try again in a moment.")


def release_slot() -> None:
    _slots.release()


def open_file(
    *, share_id: str, file_id: str, caller: Caller, held: Held, now: datetime, wanted: str = "", condition: str = ""
) -> Stream:
    """A file of a strict share, under a grant. ``wanted`` is a Range header, ``condition`` an If-Range header.

    Raises Locked without a grant, OutOfRange, Busy, or the refusal of the share or file.
    """
    file = clicks.facts(file_id, share_id)
    if file is None or not file.share.strict:
        raise NotFound
    granted = grants.read_grant(held.grant, file.share, now) is not None
    refusal: Refusal | None = policies.reachable(file.share, now, granted=granted) or policies.downloadable(file)
    if refusal is None and not granted:
        refusal = Locked("Press the download button on the page of this share first.")
    if refusal is not None:
        raise events.refused(refusal, caller=caller, share=file.share, file=file, now=now)
    tag = f'"{file.pk}"'
    span = asked(wanted, file.size) if condition in ("", tag) else None
    start, end = span or (0, file.size - 1)
    claim_slot()
    clicks.tell([events.line(Event.Kind.STREAMED, caller=caller, share=file.share, file=file, now=now)])
    return Stream(file.name, tag, file.size, start, end, span is not None, Body(_pieces(file, start, end), file.share))


def asked(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single Range; None for no range, several, or nonsense (all of it is sent then)."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size), size - 1)
        if last and int(last) < int(first):
            return None
    if start > end:
        raise OutOfRange
    return start, end


def _pieces(file: SharedFile, start: int, end: int) -> Iterator[bytes]:
    return share_storage().read(file.key, end - start + 1, start=start) if end >= start else iter(())


def _still_given(share: Share) -> None:
    """Break off, visibly, once the share was removed, expired, or got another password."""
    current = Share.objects.not_ended(timezone.now()).filter(pk=share.pk, owner__is_active=True)
    if not current.filter(password_version=share.password_version).exists():
        raise Removed
