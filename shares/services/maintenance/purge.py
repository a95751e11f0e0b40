"""The purge: objects first, then the stamps, then the quota. Kill it anywhere; the next sweep finishes.

While storage deletes one batch, the rows of the batch before are stamped, so neither waits for the other.

Nothing here decides whether a share may be served: that is judged at the click. Two sweeps at once do some work
twice and no harm: storage deletes are idempotent and every stamp is a conditional UPDATE under a row lock.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from shares.callers import SYSTEM, Caller
from shares.errors import StorageUnavailable
from shares.models import Event, Share, SharedFile, Thumbnail, Upload, User
from shares.services import events
from shares.services.sharing import shares
from shares.storage import BatchDelete, share_storage

BATCH = 1_000
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did (or, dry, would do): counts, bytes, and the files that storage failed to delete."""

    shares: int = 0
    files: int = 0
    size: int = 0
    idle_uploads: int = 0
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _FileToDelete:
    pk: str
    share_id: str
    key: str
    thumbnail: str
    open_upload: str

    @property
    def keys(self) -> list[str]:
        return [self.key, self.thumbnail] if self.thumbnail else [self.key]


def preview(*, now: datetime) -> Swept:
    """What ``sweep`` would do at ``now``; changes nothing."""
    due = Share.objects.due_for_purge(now, _grace()).values("pk")
    unfinished = Share.objects.filter(purging_at__isnull=False, purged_at__isnull=True).values("pk")
    idle = SharedFile.objects.idle(now - _idle())
    unpurged = SharedFile.objects.filter(purged_at__isnull=True)
    files = (
        unpurged.filter(share__in=due)
        | unpurged.filter(share__in=unfinished)
        | unpurged.filter(removed_at__isnull=False)
    )
    return Swept(
        shares=due.count() + unfinished.count(),
        files=files.count(),
        size=files.aggregate(total=Sum("size"))["total"] or 0,
        idle_uploads=idle.count(),
    )


def sweep(*, now: datetime) -> Swept:
    """Purge what is due and drop idle uploads. Raises StorageUnavailable if storage does not answer at all."""
    result = Swept(idle_uploads=_drop_idle(now))
    while _claim(Share.objects.due_for_purge(now, _grace()), now):
        pass
    _delete_all(SharedFile.objects.removed_unpurged(), result, now)
    _delete_all(SharedFile.objects.of_purging_shares(), result, now)
    result.shares += _tombstone(now)
    for key, reason in list(result.failed.items())[:5]:
        log.warning("Storage kept %s (%s); the next sweep tries again.", key, reason)
    return result


def purge_now(*, share: Share, caller: Caller, now: datetime) -> Swept:
    """End one share, whatever its state, and delete its bytes without waiting for the sweep."""
    result = Swept()
    shares.end(share=share, caller=caller, now=now, kind=Event.Kind.ADMIN)
    _claim(Share.objects.due_for_purge(now, _grace()).filter(pk=share.pk), now)
    _delete_all(SharedFile.objects.of_purging_shares().filter(share=share), result, now)
    result.shares += _tombstone(now)
    return result


def _delete_all(to_delete: QuerySet[SharedFile], result: Swept, now: datetime) -> None:
    """Objects first: what storage says is gone is stamped, then the shares that this emptied."""
    for batch, deletion in _delete_objects(to_delete):
        result.failed.update(deletion.failed)
        _mark_purged([file.pk for file in batch if deletion.deleted.issuperset(file.keys)], result, now)
        result.shares += _tombstone(now, {file.share_id for file in batch})


def _delete_objects(to_delete: QuerySet[SharedFile]) -> Iterator[tuple[list[_FileToDelete], BatchDelete]]:
    """Each batch with what storage made of it; one is under way while the caller works on the one before.

    A batch is begun only after storage has answered for its predecessor: one that is away is asked once.
    """
    with ThreadPoolExecutor(1, "purge") as storage:
        last: tuple[list[_FileToDelete], Future[BatchDelete]] | None = None
        for batch in _batches(to_delete):
            deleted_batch = None if last is None else (last[0], last[1].result())
            last = batch, storage.submit(_erase, batch)
            if deleted_batch is not None:
                yield deleted_batch
        if last is not None:
            yield last[0], last[1].result()


def _grace() -> timedelta:
    return timedelta(seconds=settings.GRACE_SECONDS)


def _idle() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_IDLE_SECONDS)


def _claim(due: QuerySet[Share], now: datetime) -> int:
    """Pass the point of no return for up to a batch of due shares, locked in one order for all sweeps."""
    with transaction.atomic():
        ids = list(due.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)[:BATCH])
        return due.filter(pk__in=ids).update(purging_at=now) if ids else 0


def _drop_idle(now: datetime) -> int:
    """Stamp unfinished files that nobody has touched for a day as removed; the sweep then deletes them.

    Judged again once the rows are locked: an uploader who came back in between keeps the slot.
    """
    idle, dropped = SharedFile.objects.idle(now - _idle()), 0
    while True:
        with transaction.atomic():
            ids = list(idle.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)[:BATCH])
            files = list(idle.filter(pk__in=ids).select_related("share"))
            dropped += SharedFile.objects.filter(pk__in=[file.pk for file in files]).update(removed_at=now)
            events.record_all(
                events.line(Event.Kind.EDITED, caller=SYSTEM, share=f.share, file=f, now=now, detail="upload abandoned")
                for f in files
            )
        if not ids:
            return dropped


def _batches(to_delete: QuerySet[SharedFile]) -> Iterator[list[_FileToDelete]]:
    """By key, so that files storage refuses to delete do not hold up the rest."""
    columns = ("pk", "share_id", "key", "thumbnail__key", "ready_at", "upload__storage_id")
    after = ""
    while rows := list(to_delete.filter(pk__gt=after).order_by("pk").values_list(*columns)[:BATCH]):
        after = rows[-1][0]
        yield [
            _FileToDelete(pk, share, key, thumbnail or "", "" if ready else (upload or ""))
            for pk, share, key, thumbnail, ready, upload in rows
        ]


def _erase(batch: Sequence[_FileToDelete]) -> BatchDelete:
    """Speaks to storage alone. An open upload is aborted before its key is deleted, so that it cannot land after."""
    storage, failed = share_storage(), dict[str, str]()
    for file in batch:
        if file.open_upload:
            try:
                storage.abort_multipart(file.key, file.open_upload)
            except StorageUnavailable as error:
                failed[file.key] = str(error)
    result = storage.delete_batch([key for file in batch if file.key not in failed for key in file.keys])
    return BatchDelete(result.deleted, failed | result.failed)


def _mark_purged(ids: Sequence[str], result: Swept, now: datetime) -> None:
    """Then the rows, and the quota back to each owner exactly once."""
    with transaction.atomic():
        # A URL for a whole object could bring the bytes back while it lives: deleted now, they are deleted again then.
        alive = Upload.objects.filter(pk__in=ids, direct_until__gt=now).values("pk")
        writable_thumbnails = Thumbnail.objects.filter(pk__in=ids, until__gt=now).values("pk")
        unpurged = SharedFile.objects.filter(pk__in=ids, purged_at__isnull=True)
        unstamped = unpurged.exclude(pk__in=alive).exclude(pk__in=writable_thumbnails)
        rows = list(
            unstamped.select_for_update(of=("self",)).order_by("pk").values_list("pk", "size", "share__owner_id")
        )
        purged_ids = [pk for pk, _, _ in rows]
        SharedFile.objects.filter(pk__in=purged_ids).update(purged_at=now)
        Thumbnail.objects.filter(pk__in=purged_ids).delete()
        sizes: Counter[int] = Counter()
        counts: Counter[int] = Counter()
        for _, size, owner_id in rows:
            sizes[owner_id] += size
            counts[owner_id] += 1
        for owner_id in sorted(counts):
            User.objects.release(owner_id, size=sizes[owner_id], files=counts[owner_id])
    result.files += len(rows)
    result.size += sum(size for _, size, _ in rows)


def _tombstone(now: datetime, among: Collection[str] | None = None) -> int:
    """Turn shares (``among`` these, or all) whose last object is gone into tombstones, with one audit line each."""
    unpurged = SharedFile.objects.filter(share=OuterRef("pk"), purged_at__isnull=True)
    empty = Share.objects.filter(~Exists(unpurged), purging_at__isnull=False, purged_at__isnull=True)
    if among is not None:
        empty = empty.filter(pk__in=among)
    finished = 0
    while True:
        with transaction.atomic():
            rows = list(empty.select_for_update(of=("self",)).order_by("pk").only("pk", "title")[:BATCH])
            Share.objects.filter(pk__in=[share.pk for share in rows]).update(purged_at=now)
            events.record_all(events.line(Event.Kind.PURGED, caller=SYSTEM, share=share, now=now) for share in rows)
        finished += len(rows)
        if len(rows) < BATCH:
            return finished
