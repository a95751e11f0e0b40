"""The history of a share for its owner: events that repeat in a row are one line."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from shares.models import Event
from shares.models.events import EventQuerySet

LINES = 50
# Read at a time, and in total: a share of very many files has as many events of one kind.
BATCH, MAX_EVENTS = 500, 20_000
FOLDED = {Event.Kind.UPLOADED, Event.Kind.SIGNED, Event.Kind.STREAMED, Event.Kind.FINISHED}
_COLUMNS = ("pk", "kind", "occurred_at", "file_id", "name", "user_email", "address", "detail")


@dataclass(frozen=True, slots=True)
class Line:
    """``count`` events of one kind by the same caller; ``occurred_at`` is the time of the last one, ``name`` that of a
    file.
    """

    kind: Event.Kind
    occurred_at: datetime
    name: str
    user_email: str
    address: str
    detail: str
    count: int = 1

    def continues(self, next_line: "Line") -> bool:
        is_same = (self.kind, self.user_email, self.address, self.detail) == (
            next_line.kind,
            next_line.user_email,
            next_line.address,
            next_line.detail,
        )
        return is_same and self.kind in FOLDED and bool(self.name) == bool(next_line.name)


def lines(share_id: str) -> list[Line]:
    """The latest lines, newest first."""
    return list(islice(_folded(share_id), LINES))


def _folded(share_id: str) -> Iterator[Line]:
    last: Line | None = None
    for line in _events(share_id):
        if last is not None and line.continues(last):
            last = replace(last, count=last.count + 1)
            continue
        if last is not None:
            yield last
        last = line
    if last is not None:
        yield last


def _events(share_id: str) -> Iterator[Line]:
    events, read = _displayed_events(share_id), 0
    while read < MAX_EVENTS:
        rows = list(events.values_list(*_COLUMNS)[:BATCH])
        for _, kind, created_at, file_id, name, email, address, detail in rows:
            yield Line(Event.Kind(kind), created_at, name if file_id else "", email, address, detail)
        if len(rows) < BATCH:
            return
        read += len(rows)
        events = _displayed_events(share_id).filter(pk__lt=rows[-1][0])


def _displayed_events(share_id: str) -> EventQuerySet:
    """Without the URLs of uploads and thumbnails: what counts for people is the file that arrived, and the page."""
    return Event.objects.of_share(share_id).exclude(kind__in=(Event.Kind.UPLOAD_URLS, Event.Kind.THUMBNAIL_URLS))
