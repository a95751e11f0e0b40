"""Finished downloads, as the access logs of storage tell them: only who sends the bytes knows whether all of them went.

Every line is counted once, whoever reads it, however often and in whatever file. A batch of lines and what follows from
it are one transaction, so a reader can be killed anywhere and two can read the same log at once.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from shares import accesslogs
from shares.accesslogs import Line, Sent, Unreadable
from shares.callers import Caller
from shares.models import Delivery, Event, ReadLine, ReadLog, SharedFile
from shares.services import events
from shares.storage import share_storage

BATCH = 500
# So often a place in a log is written down where nothing else is.
CHECKPOINT_LINES = 20_000
# Two who read the same lines meet once at each batch of the other.
TRIES = 20
DAY = timedelta(days=1)
# By file and client.
Parts = dict[tuple[str, str], Delivery]


@dataclass(slots=True)
class Counted:
    """What a reader met: every line is in ``foreign``, ``unreadable``, ``old``, ``again`` or ``counted``.

    ``finished`` is how many downloads that completed.
    """

    lines: int = 0
    foreign: int = 0
    unreadable: int = 0
    old: int = 0
    again: int = 0
    counted: int = 0
    finished: int = 0


def read(
    lines: Iterable[Line],
    stats: Counted,
    *,
    now: datetime,
    passed: Callable[[int], None] = lambda _position: None,
    until: float = float("inf"),
) -> bool:
    """Count the lines of one log. ``passed`` is told how far, in bytes, whenever all before that is written.

    False if it stopped at ``until``, a moment of ``time.monotonic``, before the end.
    """
    batch: list[Sent] = []
    position = -1
    for line, position in lines:
        stats.lines += 1
        transfer = _understood(line, stats, now)
        if transfer is not None:
            batch.append(transfer)
        if len(batch) >= BATCH or stats.lines % CHECKPOINT_LINES == 0:
            _count(batch, stats, now)
            batch = []
            passed(position)
            if time.monotonic() > until:
                return False
    _count(batch, stats, now)
    if position >= 0:
        passed(position)
    return True


def forget(*, now: datetime) -> int:
    """Let go what has the age of the history. Returns how many rows went.

    Lines are known a day longer than any of their age is counted: a log that is read meanwhile counts none twice.
    """
    before = now - timedelta(days=settings.AUDIT_DAYS)
    lines, _ = ReadLine.objects.filter(at__lt=before - DAY).delete()
    parts, _ = Delivery.objects.filter(at__lt=before).delete()
    logs, _ = ReadLog.objects.filter(at__lt=before).delete()
    return lines + parts + logs


def _understood(line: bytes | None, stats: Counted, now: datetime) -> Sent | None:
    try:
        transfer = accesslogs.parsed(line) if line is not None else None
    except Unreadable:
        transfer, line = None, None
    if line is None or (transfer is not None and transfer.at > now + DAY):
        stats.unreadable += 1
    elif transfer is None or not _is_from_our_bucket(transfer):
        stats.foreign += 1
    elif transfer.at < now - timedelta(days=settings.AUDIT_DAYS):
        stats.old += 1
    else:
        return transfer
    return None


def _is_from_our_bucket(transfer: Sent) -> bool:
    """A line names the bucket behind an access point, never the access point."""
    bucket = share_storage().bucket_name
    return transfer.bucket in {"", bucket} or bucket.startswith("arn:")


def _count(batch: Sequence[Sent], stats: Counted, now: datetime) -> None:
    """What another reader wrote at the same moment shows at a unique key: then all is looked at again."""
    if not batch:
        return
    for tries in range(TRIES):
        try:
            matching, fresh, finished = _write(batch, now)
        except IntegrityError:
            if tries == TRIES - 1:
                raise
        else:
            stats.foreign += len(batch) - matching
            stats.again += matching - fresh
            stats.counted += fresh
            stats.finished += finished
            return


@transaction.atomic
def _write(batch: Sequence[Sent], now: datetime) -> tuple[int, int, int]:
    """How many of the lines speak of files of ours, how many of these were new, how many downloads that finished."""
    files = _files(batch)
    matching = [transfer for transfer in batch if transfer.key in files]
    transfers_by_id = {transfer.id: transfer for transfer in matching}
    counted_ids = set(ReadLine.objects.filter(pk__in=transfers_by_id).values_list("pk", flat=True))
    # In one order for all readers, so that no two wait for each other.
    fresh = [transfers_by_id[pk] for pk in sorted(transfers_by_id.keys() - counted_ids)]
    ReadLine.objects.bulk_create([ReadLine(id=transfer.id, at=transfer.at) for transfer in fresh])
    before, new = _parts(fresh, files)
    parts = before | new
    new_events: list[Event] = []
    for transfer in sorted(fresh, key=lambda transfer: transfer.at):
        file, part = files[transfer.key], parts[files[transfer.key].pk, _client(transfer.address)]
        part.at = max(part.at, transfer.at)
        if part.add(transfer.size, whole=transfer.whole, of=file.size):
            caller = Caller(address=transfer.address)
            line = events.line(
                Event.Kind.FINISHED, caller=caller, share=file.share, file=file, now=min(transfer.at, now)
            )
            new_events.append(line)
    _keep(before, new)
    events.record_all(new_events)
    return len(matching), len(fresh), len(new_events)


def _files(batch: Sequence[Sent]) -> dict[str, SharedFile]:
    """By key. Those of strict shares come to people through this server, which tells of them itself."""
    keys = {transfer.key for transfer in batch}
    files = SharedFile.objects.filter(key__in=keys, share__strict=False).select_related("share")
    return {file.key: file for file in files}


def _parts(fresh: Sequence[Sent], files: Mapping[str, SharedFile]) -> tuple[Parts, Parts]:
    """Of each file and address that the lines speak of: what was there before, locked, and what is new."""
    requested = {(files[transfer.key].pk, _client(transfer.address)): transfer.at for transfer in fresh}
    rows = Delivery.objects.select_for_update().order_by("pk")
    existing = rows.filter(file__in={file for file, _ in requested}, client__in={client for _, client in requested})
    before = {(part.file_id, part.client): part for part in existing if (part.file_id, part.client) in requested}
    new = {
        (file, client): Delivery(file_id=file, client=client, at=finished_at)
        for (file, client), finished_at in sorted(requested.items())
        if (file, client) not in before
    }
    return before, new


def _keep(before: Parts, new: Parts) -> None:
    """What is still in pieces; a file that arrived leaves nothing."""
    Delivery.objects.filter(pk__in=[part.pk for part in before.values() if part.empty]).delete()
    Delivery.objects.bulk_create([part for part in new.values() if not part.empty])
    pieces = [part for part in before.values() if not part.empty]
    Delivery.objects.bulk_update(pieces, ["beginning", "ranges", "at"])


def _client(address: str) -> str:
    """What an address is called while its download is under way: enough to know it again, not to read it."""
    return salted_hmac("shares.deliveries", address, algorithm="sha256").hexdigest()[:32]
