"""The audit trail as CSV or JSON, in batches: memory does not grow with the number of events."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder

from shares.models import Event, Share, User
from shares.models.events import EventQuerySet

COLUMNS = ("occurred_at", "kind", "share_id", "file_id", "name", "user_email", "address", "detail", "reference")
BATCH = 2000
# What spreadsheets take for the beginning of a formula, also after a blank.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Row = tuple[object, ...]


def select(
    *, owner: User | None = None, share_id: str = "", since: datetime | None = None, until: datetime | None = None
) -> EventQuerySet:
    """Events of one share or of all, from ``since`` to before ``until``; with ``owner``, only those of own shares."""
    events = Event.objects.all() if not share_id else Event.objects.of_share(share_id)
    if owner is not None:
        events = events.filter(share_id__in=Share.objects.owned_by(owner).values("pk"))
    if since is not None:
        events = events.filter(occurred_at__gte=since)
    return events if until is None else events.filter(occurred_at__lt=until)


def read_rows(events: EventQuerySet) -> Iterator[Row]:
    """The values of ``COLUMNS`` of each event, oldest first."""
    ordered_events, last = events.order_by("pk"), 0
    while rows := list(ordered_events.filter(pk__gt=last).values_list("pk", *COLUMNS)[:BATCH]):
        for row in rows:
            yield row[1:]
        last = rows[-1][0]


def write_csv(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each event, after one with the names of the columns. No value is a formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if number % BATCH == 0:
            yield _drain(buffer)
    yield _drain(buffer)


def write_json(rows: Iterable[Row]) -> Iterator[str]:
    """An array with an object for each event."""
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    yield "["
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n" + encode(dict(zip(COLUMNS, row, strict=True)))
    yield "\n]\n"


WRITERS: dict[str, Callable[[Iterable[Row]], Iterator[str]]] = {"csv": write_csv, "json": write_json}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def _cell(value: object) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _drain(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
