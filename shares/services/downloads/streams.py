"""Bytes that pass through this server: a few concurrent streams, each stopped when its share or files are gone.

A strict share is served only this way: every request presents its grant, and no address works without one. The reverse
proxy can fetch the bytes in place of this server, at an address that its clients do not get.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shares.db import fast_path
from shares.errors import Busy, OutOfRange, Removed
from shares.models import Event, Share, SharedFile
from shares.services import events
from shares.services.downloads.delivery import delivery_of, internal_url, require_storage, url_seconds
from shares.services.downloads.prefetch import read_rewritten
from shares.services.downloads.visits import Visit
from shares.storage import share_storage

# Each stream occupies a thread of the web server; half of the threads stay free for other requests.
MAX_CONCURRENT_STREAMS = 2
CHECK_SECONDS = 2.0
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_permits = threading.BoundedSemaphore(MAX_CONCURRENT_STREAMS)


class Body:
    """Chunks of a response, out of ``files`` of ``share``; returns its permit when it ends, fails or is closed."""

    def __init__(self, chunks: Iterator[bytes], share: Share, files: Iterable[SharedFile]) -> None:
        self._chunks = chunks
        self._share = share
        self._files = frozenset(file.pk for file in files)
        self._next_check = time.monotonic() + CHECK_SECONDS
        self._open = True

    def __iter__(self) -> "Body":
        return self

    def __next__(self) -> bytes:
        try:
            if time.monotonic() >= self._next_check:
                self._next_check = time.monotonic() + CHECK_SECONDS
                _require_downloadable(self._share, self._files)
            return next(self._chunks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._open:
            self._open = False
            _permits.release()


@dataclass(frozen=True, slots=True)
class FileRange:
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
        """In the form of a Range header; empty for the whole file."""
        return f"bytes={self.start}-{self.end}" if self.partial else ""


@dataclass(frozen=True, slots=True)
class Stream(FileRange):
    """``body`` must be closed, read or not. ``is_exact``: it has as many bytes as the file."""

    body: Body
    is_exact: bool = True

    @property
    def known_length(self) -> int | None:
        return self.length if self.is_exact else None


@dataclass(frozen=True, slots=True)
class ProxyHandoff(FileRange):
    """``internal_url`` contains a signed address in storage: for the reverse proxy, and for nobody else."""

    internal_url: str = field(repr=False)


def acquire_permit() -> None:
    """Raises Busy when as many streams run as this process allows."""
    if not _permits.acquire(blocking=False):
        raise Busy(_("Many downloads are passing through this server right now. Try again in a moment."))


def release_permit() -> None:
    _permits.release()


def open_file(file: SharedFile, visit: Visit, range_header: str = "", condition: str = "") -> Stream:
    """The bytes of a file from ``access.granted_file``. ``range_header`` is a Range header, ``condition`` an If-Range.

    Raises OutOfRange, Busy or StorageUnavailable.
    """
    file_range = _file_range(file, range_header, condition)
    require_storage()
    acquire_permit()
    _record_stream(file, visit)
    body = Body(_read(file, FileRange(*file_range)), file.share, [file])
    return Stream(*file_range, body, delivery_of(file.share).is_exact)


def proxy_handoff(file: SharedFile, visit: Visit, range_header: str = "", condition: str = "") -> ProxyHandoff:
    """The same, fetched by the reverse proxy: it needs no thread of this server, so no permit; nothing stops it.

    Raises OutOfRange, Expired or StorageUnavailable.
    """
    file_range = _file_range(file, range_header, condition)
    seconds = url_seconds(file.share.expires_at, visit.now)
    require_storage()
    signed_path = share_storage().internal_url(file.key, span=FileRange(*file_range).span, seconds=seconds)
    _record_stream(file, visit)
    return ProxyHandoff(*file_range, internal_url(signed_path))


def _file_range(file: SharedFile, range_header: str, condition: str) -> tuple[str, str, int, int, int, bool]:
    """The fields of a ``FileRange``: what ``range_header`` and ``condition`` come down to."""
    tag = etag_of(file)
    can_resume = delivery_of(file.share).can_resume
    span = parse_range(range_header, file.size) if can_resume and condition in ("", tag) else None
    start, end = span or (0, file.size - 1)
    return file.download_name, tag, file.size, start, end, span is not None


def _record_stream(file: SharedFile, visit: Visit) -> None:
    fast_path.record_events(
        [events.line(Event.Kind.STREAMED, caller=visit.caller, share=file.share, file=file, now=visit.now)]
    )


def etag_of(file: SharedFile) -> str:
    """A file never changes, so its id identifies its bytes."""
    return f'"{file.pk}"'


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single Range; None for no range, several, or an invalid one: then all is sent."""
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


def _read(file: SharedFile, file_range: FileRange) -> Iterator[bytes]:
    if not file_range.length:
        return iter(())
    if not delivery_of(file.share).is_exact:
        return read_rewritten(file.key, file.size)
    return share_storage().readable_objects.read(file.key, file_range.length, start=file_range.start)


def _require_downloadable(share: Share, files: frozenset[str]) -> None:
    """Raises Removed once the share has ended or got another password, or one of the files is gone."""
    current = Share.objects.not_ended(timezone.now()).filter(pk=share.pk, owner__is_active=True)
    if not current.filter(password_version=share.password_version).exists():
        raise Removed
    # Few are gone of any share, and many may be in an archive.
    unavailable_ids = share.files.filter(Q(removed_at__isnull=False) | ~Q(withheld="")).values_list("pk", flat=True)
    if not files.isdisjoint(unavailable_ids):
        raise Removed
