"""The purge: deletes objects, then marks their rows, then releases quota. The next sweep finishes one that was killed.

While storage deletes a batch, the rows of the previous batch are marked, so neither waits for the other.

The purge does not decide whether a share is served: that is checked at each download. Two concurrent sweeps only repeat
some work: storage deletes are idempotent, and every mark is a conditional UPDATE under a row lock.
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
from shares.models import Event, FormUpload, Share, SharedFile, Thumbnail, Upload, User
from shares.services import events
from shares.services.sharing import shares
from shares.storage import BatchDelete, share_storage

BATCH = 1_000
log = logging.getLogger(__name__)


@dataclass(slots=True)
class PurgeResult:
    """What a sweep did or would do: counts, bytes, and the files that storage failed to delete."""

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
    form: str
    open_upload: str

    @property
    def keys(self) -> list[str]:
        return [key for key in (self.key, self.thumbnail, self.form) if key]


def preview(*, now: datetime) -> PurgeResult:
    """Return what ``sweep`` would do at ``now``, without changes."""
    due = Share.objects.due_for_purge(now, _grace()).values("pk")
    unfinished = Share.objects.filter(purging_at__isnull=False, purged_at__isnull=True).values("pk")
    idle = SharedFile.objects.idle(now - _idle())
    unpurged = SharedFile.objects.filter(purged_at__isnull=True)
    files = (
        unpurged.filter(share__in=due)
        | unpurged.filter(share__in=unfinished)
        | unpurged.filter(removed_at__isnull=False)
    )
    return PurgeResult(
        shares=due.count() + unfinished.count(),
        files=files.count(),
        size=files.aggregate(total=Sum("size"))["total"] or 0,
        idle_uploads=idle.count(),
    )


def sweep(*, now: datetime) -> PurgeResult:
    """Purge what is due and remove idle uploads. Raises StorageUnavailable if storage does not respond at all."""
    result = PurgeResult(idle_uploads=_drop_idle(now))
    while _claim(Share.objects.due_for_purge(now, _grace()), now):
        pass
    _delete_all(SharedFile.objects.removed_unpurged(), result, now)
    _delete_all(SharedFile.objects.of_purging_shares(), result, now)
    result.shares += _tombstone(now)
    for key, reason in list(result.failed.items())[:5]:
        log.warning("Storage kept %s (%s); the next sweep tries again.", key, reason)
    return result


def purge_now(*, share: Share, caller: Caller, now: datetime) -> PurgeResult:
    """End one share in any state, and delete its files without waiting for the sweep."""
    result = PurgeResult()
    shares.end(share=share, caller=caller, now=now, kind=Event.Kind.ADMIN)
    _claim(Share.objects.due_for_purge(now, _grace()).filter(pk=share.pk), now)
    _delete_all(SharedFile.objects.of_purging_shares().filter(share=share), result, now)
    result.shares += _tombstone(now)
    return result


def _delete_all(to_delete: QuerySet[SharedFile], result: PurgeResult, now: datetime) -> None:
    """Delete the objects, mark the files that storage deleted, then the shares that have no files left."""
    for batch, deletion in _delete_objects(to_delete):
        result.failed.update(deletion.failed)
        _mark_purged([file.pk for file in batch if deletion.deleted.issuperset(file.keys)], result, now)
        result.shares += _tombstone(now, {file.share_id for file in batch})


def _delete_objects(to_delete: QuerySet[SharedFile]) -> Iterator[tuple[list[_FileToDelete], BatchDelete]]:
    """Yield each batch with the result of storage; the next one runs while the caller works on it.

    A batch starts only after storage has responded to its predecessor: an unavailable storage gets one request.
    """
    with ThreadPoolExecutor(1, "purge") as storage:
        last: tuple[list[_FileToDelete], Future[BatchDelete]] | None = None
        for batch in _batches(to_delete):
            deleted_batch = None if last is None else (last[0], last[1].result())
            last = batch, storage.submit(_delete_batch, batch)
            if deleted_batch is not None:
                yield deleted_batch
        if last is not None:
            yield last[0], last[1].result()


def _grace() -> timedelta:
    return timedelta(seconds=settings.GRACE_SECONDS)


def _idle() -> timedelta:
    return timedelta(seconds=settings.UPLOAD_IDLE_SECONDS)


def _claim(due: QuerySet[Share], now: datetime) -> int:
    """Start the deletion of up to a batch of due shares, locked in the same order by all sweeps."""
    with transaction.atomic():
        ids = list(due.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)[:BATCH])
        return due.filter(pk__in=ids).update(purging_at=now) if ids else 0


def _drop_idle(now: datetime) -> int:
    """Mark unfinished files whose upload is idle as removed; the sweep then deletes them.

    They are checked again once the rows are locked: an upload that continued in between keeps the slot.
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
    """By key, so that files that storage fails to delete do not hold up the others."""
    columns = ("pk", "share_id", "key", "thumbnail__key", "form_upload__key", "ready_at", "upload__storage_id")
    after = ""
    while rows := list(to_delete.filter(pk__gt=after).order_by("pk").values_list(*columns)[:BATCH]):
        after = rows[-1][0]
        yield [
            _FileToDelete(pk, share, key, thumbnail or "", form or "", "" if ready else (upload or ""))
            for pk, share, key, thumbnail, form, ready, upload in rows
        ]


def _delete_batch(batch: Sequence[_FileToDelete]) -> BatchDelete:
    """Calls storage alone. An open upload is aborted before its key is deleted, so that it cannot complete later."""
    storage, failed = share_storage(), dict[str, str]()
    for file in batch:
        if file.open_upload:
            try:
                storage.uploads.abort(file.key, file.open_upload)
            except StorageUnavailable as error:
                failed[file.key] = str(error)
    result = storage.objects.delete([key for file in batch if file.key not in failed for key in file.keys])
    return BatchDelete(result.deleted, failed | result.failed)


def _mark_purged(ids: Sequence[str], result: PurgeResult, now: datetime) -> None:
    """Mark the rows, and release the quota of each owner exactly once."""
    with transaction.atomic():
        # A valid URL for a whole object can store the bytes again: such objects are deleted once more after it expires.
        alive = Upload.objects.filter(pk__in=ids, direct_until__gt=now).values("pk")
        writable_thumbnails = Thumbnail.objects.filter(pk__in=ids, urls_expire_at__gt=now).values("pk")
        writable_forms = FormUpload.objects.filter(pk__in=ids, urls_expire_at__gt=now).values("pk")
        unpurged = SharedFile.objects.filter(pk__in=ids, purged_at__isnull=True)
        unmarked = unpurged.exclude(pk__in=alive).exclude(pk__in=writable_thumbnails).exclude(pk__in=writable_forms)
        rows = list(
            unmarked.select_for_update(of=("self",)).order_by("pk").values_list("pk", "size", "share__owner_id")
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
    """Turn shares (``among`` these, or all) whose last object is deleted into tombstones, each with one event."""
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
