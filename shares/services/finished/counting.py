"""Counts finished downloads from the access logs of storage: only what sends the bytes knows whether all were sent.

Every line is counted once, however often and in whichever file it is read. A batch of lines and its events are one
transaction, so a reader can be killed at any moment, and two can read the same log concurrently.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from shares import accesslogs
from shares.accesslogs import Line, LogFormatError, Transfer
from shares.callers import Caller
from shares.models import CountedLogLine, Event, LogCursor, PartialDownload, SharedFile
from shares.services import events, throttles
from shares.storage import share_storage

BATCH = 500
# At least this often the position in a log is saved.
CHECKPOINT_LINES = 20_000
# Two readers of the same lines conflict once for each batch of the other.
TRIES = 20
DAY = timedelta(days=1)
# By file id and client hash.
PartialDownloads = dict[tuple[str, str], PartialDownload]


@dataclass(slots=True)
class ImportStats:
    """What a reader read: every line is in ``unrelated``, ``unreadable``, ``old``, ``duplicates`` or ``recorded``.

    ``finished`` is the number of downloads that those lines completed.
    """

    lines: int = 0
    unrelated: int = 0
    unreadable: int = 0
    old: int = 0
    duplicates: int = 0
    recorded: int = 0
    finished: int = 0


def count_downloads(
    lines: Iterable[Line],
    stats: ImportStats,
    *,
    now: datetime,
    save_position: Callable[[int], None] = lambda _position: None,
    until: float = float("inf"),
) -> bool:
    """Count the lines of one log. ``save_position`` is called with a position, in bytes, once all lines before it are
    counted. Returns False if the deadline ``until``, a value of ``time.monotonic``, ended it before the last line.
    """
    batch: list[Transfer] = []
    position = -1
    for line, position in lines:
        stats.lines += 1
        transfer = _parse_relevant(line, stats, now)
        if transfer is not None:
            batch.append(transfer)
        if len(batch) >= BATCH or stats.lines % CHECKPOINT_LINES == 0:
            _count(batch, stats, now)
            batch = []
            save_position(position)
            if time.monotonic() > until:
                return False
    _count(batch, stats, now)
    if position >= 0:
        save_position(position)
    return True


def delete_expired(*, now: datetime) -> int:
    """Delete rows that are older than the history. Returns the number of deleted rows.

    Lines remain a day longer than lines of their age are counted: a log that is being read counts none twice.
    """
    before = now - timedelta(days=settings.AUDIT_DAYS)
    lines, _ = CountedLogLine.objects.filter(sent_at__lt=before - DAY).delete()
    parts, _ = PartialDownload.objects.filter(last_sent_at__lt=before).delete()
    logs, _ = LogCursor.objects.filter(read_at__lt=before).delete()
    return lines + parts + logs


def _parse_relevant(line: bytes | None, stats: ImportStats, now: datetime) -> Transfer | None:
    try:
        transfer = accesslogs.parse_line(line, share_storage().key_prefix or "") if line is not None else None
    except LogFormatError:
        transfer, line = None, None
    if line is None or (transfer is not None and transfer.sent_at > now + DAY):
        stats.unreadable += 1
    elif transfer is None or not _is_from_our_bucket(transfer):
        stats.unrelated += 1
    elif transfer.sent_at < now - timedelta(days=settings.AUDIT_DAYS):
        stats.old += 1
    else:
        return transfer
    return None


def _is_from_our_bucket(transfer: Transfer) -> bool:
    """Lines name the bucket behind an access point, never the access point."""
    store = share_storage()
    return transfer.bucket in {"", store.bucket_name, store.read_bucket} or store.bucket_name.startswith("arn:")


def _count(batch: Sequence[Transfer], stats: ImportStats, now: datetime) -> None:
    """A unique constraint detects what another reader wrote at the same moment; then the batch is tried again."""
    if not batch:
        return
    for tries in range(TRIES):
        try:
            matching, fresh, finished = _write(batch, now)
        except IntegrityError:
            if tries == TRIES - 1:
                raise
        else:
            stats.unrelated += len(batch) - matching
            stats.duplicates += matching - fresh
            stats.recorded += fresh
            stats.finished += finished
            return


@transaction.atomic
def _write(batch: Sequence[Transfer], now: datetime) -> tuple[int, int, int]:
    """Return how many lines are of our files, how many of those are new, and how many downloads they finished."""
    files = _files(batch)
    matching = [transfer for transfer in batch if transfer.key in files]
    transfers_by_id = {transfer.id: transfer for transfer in matching}
    counted_ids = set(CountedLogLine.objects.filter(pk__in=transfers_by_id).values_list("pk", flat=True))
    # All readers use one order, so that no two wait for each other.
    fresh = [transfers_by_id[pk] for pk in sorted(transfers_by_id.keys() - counted_ids)]
    CountedLogLine.objects.bulk_create([CountedLogLine(id=transfer.id, sent_at=transfer.sent_at) for transfer in fresh])
    before, new = _load_partial_downloads(fresh, files)
    partial_downloads = before | new
    new_events: list[Event] = []
    for transfer in sorted(fresh, key=lambda transfer: transfer.sent_at):
        file = files[transfer.key]
        partial_download = partial_downloads[file.pk, _client(transfer.address)]
        partial_download.last_sent_at = max(partial_download.last_sent_at, transfer.sent_at)
        if partial_download.add(transfer.size, whole=transfer.whole, file_size=file.size):
            caller = Caller(address=transfer.address)
            line = events.line(
                Event.Kind.FINISHED, caller=caller, share=file.share, file=file, now=min(transfer.sent_at, now)
            )
            new_events.append(line)
    _save_partial_downloads(before, new)
    events.record_all(new_events)
    return len(matching), len(fresh), len(new_events)


def _files(batch: Sequence[Transfer]) -> dict[str, SharedFile]:
    """By key. Files of strict shares pass through this server, which records their downloads itself."""
    keys = {transfer.key for transfer in batch}
    files = SharedFile.objects.filter(key__in=keys, share__strict=False).select_related("share")
    return {file.key: file for file in files}


def _load_partial_downloads(
    fresh: Sequence[Transfer], files: Mapping[str, SharedFile]
) -> tuple[PartialDownloads, PartialDownloads]:
    """For each file and address of the lines: existing rows, locked, and new ones."""
    requested = {(files[transfer.key].pk, _client(transfer.address)): transfer.sent_at for transfer in fresh}
    rows = PartialDownload.objects.select_for_update().order_by("pk")
    existing = rows.filter(file__in={file for file, _ in requested}, client__in={client for _, client in requested})
    before = {(row.file_id, row.client): row for row in existing if (row.file_id, row.client) in requested}
    new = {
        (file, client): PartialDownload(file_id=file, client=client, last_sent_at=finished_at)
        for (file, client), finished_at in sorted(requested.items())
        if (file, client) not in before
    }
    return before, new


def _save_partial_downloads(before: PartialDownloads, new: PartialDownloads) -> None:
    """A finished download leaves no row."""
    PartialDownload.objects.filter(pk__in=[row.pk for row in before.values() if row.is_empty]).delete()
    PartialDownload.objects.bulk_create([row for row in new.values() if not row.is_empty])
    changed_rows = [row for row in before.values() if not row.is_empty]
    PartialDownload.objects.bulk_update(changed_rows, ["beginning", "ranges", "last_sent_at"])


def _client(address: str) -> str:
    """A keyed hash that identifies an address while its download is incomplete, without revealing it."""
    return throttles.hash_address(address, salt="shares.deliveries")[:32]
