"""Bytes that pass through this server: few streams at once, each stopped when its share or its files are gone.

A strict share is served only this way: every request shows its grant, and no address leaves that works without one.
A proxy of ours can fetch the bytes in place of this server: it is told where, and its clients are not.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from shares.callers import Caller
from shares.db import fast_path
from shares.errors import Busy, Expired, OutOfRange, Removed
from shares.models import Event, Share, SharedFile
from shares.services import events
from shares.services.downloads import start
from shares.storage import share_storage

# Each stream holds a thread of the web server as long as it lasts; half of them stay free for clicks.
AT_ONCE = 2
LOOK_AGAIN_SECONDS = 2.0
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_slots = threading.BoundedSemaphore(AT_ONCE)


class Body:
    """Pieces of a response, out of ``files`` of ``share``; gives its slot back when it ends, fails or is closed."""

    def __init__(self, pieces: Iterator[bytes], share: Share, files: Iterable[SharedFile]) -> None:
        self._pieces = pieces
        self._share = share
        self._files = frozenset(file.pk for file in files)
        self._next_check = time.monotonic() + LOOK_AGAIN_SECONDS
        self._open = True

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> bytes:
        try:
            if time.monotonic() >= self._next_check:
                self._next_check = time.monotonic() + LOOK_AGAIN_SECONDS
                _still_given(self._share, self._files)
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._open:
            self._open = False
            _slots.release()


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes ``start`` to ``end`` (inclusive) of a file of ``size`` bytes."""

    name: str
    tag: str
    size: int
    start: int
    end: int
    partial: bool

    @property
    def length(self) -> int:
        return self.end - self.start + 1

    @property
    def span(self) -> str:
        """As a Range header asks for it; empty for the whole."""
        return f"bytes={self.start}-{self.end}" if self.partial else ""


@dataclass(frozen=True, slots=True)
class Stream(Piece):
    """``body`` must be closed, read or not."""

    body: Body


@dataclass(frozen=True, slots=True)
class Inside(Piece):
    """``target`` is path and query of a signed address in storage: for a proxy of ours, and for nobody else."""

    target: str = field(repr=False)


def claim_slot() -> None:
    """Raises Busy when as many streams run as this process allows."""
    if not _slots.acquire(blocking=False):
        raise Busy(_("Many downloads are passing through this server right now. Try again in a moment."))


def release_slot() -> None:
    _slots.release()


def open_file(*, file: SharedFile, caller: Caller, now: datetime, wanted: str = "", condition: str = "") -> Stream:
    """The bytes of a file from ``start.granted_file``. ``wanted`` is a Range header, ``condition`` an If-Range.

    Raises OutOfRange, Busy or StorageUnavailable.
    """
    piece = _piece(file, wanted, condition)
    start.require_storage()
    claim_slot()
    _record_stream(file, caller, now)
    return Stream(*piece, Body(_pieces(file, Piece(*piece)), file.share, [file]))


def hand_over(*, file: SharedFile, caller: Caller, now: datetime, wanted: str = "", condition: str = "") -> Inside:
    """The same for a proxy to fetch: it holds no thread of this server, so it takes no slot; nothing stops it halfway.

    Raises OutOfRange, Expired or StorageUnavailable.
    """
    piece = _piece(file, wanted, condition)
    seconds = settings.DOWNLOAD_URL_SECONDS
    if file.share.expires_at is not None:
        seconds = min(seconds, int((file.share.expires_at - now).total_seconds()))
    if seconds < 1:
        raise Expired
    start.require_storage()
    target = share_storage().internal_url(file.key, span=Piece(*piece).span, seconds=seconds)
    _record_stream(file, caller, now)
    return Inside(*piece, target)


def _piece(file: SharedFile, range_header: str, condition: str) -> tuple[str, str, int, int, int, bool]:
    """The fields of a ``Piece``: what ``range_header`` and ``condition`` come down to."""
    tag = tag_of(file)
    span = asked(range_header, file.size) if condition in ("", tag) else None
    start, end = span or (0, file.size - 1)
    return file.download_name, tag, file.size, start, end, span is not None


def _record_stream(file: SharedFile, caller: Caller, now: datetime) -> None:
    fast_path.tell([events.line(Event.Kind.STREAMED, caller=caller, share=file.share, file=file, now=now)])


def tag_of(file: SharedFile) -> str:
    """A file never changes, so its id says which bytes these are."""
    return f'"{file.pk}"'


def asked(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single Range; None for no range, several, or nonsense (all of it is sent then)."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size), size - 1)
        if last and int(last) < int(first):
            return None
    if start > end:
        raise OutOfRange
    return start, end


def _pieces(file: SharedFile, piece: Piece) -> Iterator[bytes]:
    return share_storage().objects.read(file.key, piece.length, start=piece.start) if piece.length else iter(())


def _still_given(share: Share, files: frozenset[str]) -> None:
    """Break off, visibly, once the share was removed, expired, or got another password, or one of the files is gone."""
    current = Share.objects.not_ended(timezone.now()).filter(pk=share.pk, owner__is_active=True)
    if not current.filter(password_version=share.password_version).exists():
        raise Removed
    # Few are gone of any share, and many may be in an archive.
    unavailable_ids = share.files.filter(Q(removed_at__isnull=False) | ~Q(withheld="")).values_list("pk", flat=True)
    if not files.isdisjoint(unavailable_ids):
        raise Removed
