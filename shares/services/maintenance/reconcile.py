"""Reconciling bucket and rows: objects that no row speaks of are removed, rows whose object is gone are told of.

A row stands before its object is sent and keys are never used twice, so an object that was listed and has no row
*afterwards* will never have one. Everything is read to the end before anything is deleted: an error on the way, or more
to delete than looks right, and nothing happens.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import TypeVar

from django.conf import settings
from django.db.models import QuerySet

from shares.models import SharedFile, Upload
from shares.storage import OpenUpload, share_storage

BATCH = 1_000
MAX_ORPHANS = 100
MAX_ORPHANS_RATIO = 0.01
"""What is deleted without ``force``: at most 100 objects, and at most one in a hundred."""

T = TypeVar("T")
KEY_PATTERN = re.compile(r"[tu]/[0-9a-f]{32}")


@dataclass(slots=True)
class ReconcileReport:
    """``objects`` seen, of which ``foreign`` bear names that this site never gives and are left alone.

    ``orphans`` maps keys to bytes; ``uploads`` are open ones of no file; ``missing`` are ready files without object.
    """

    objects: int = 0
    unrelated: int = 0
    orphans: dict[str, int] = field(default_factory=dict)
    uploads: list[OpenUpload] = field(default_factory=list)
    missing: list[SharedFile] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all orphans."""
        return sum(self.orphans.values())

    @property
    def suspicious(self) -> bool:
        """True if so much would go that a wrong database, or an old one, is the likelier reason."""
        stray = len(self.orphans)
        return stray > MAX_ORPHANS or stray > MAX_ORPHANS_RATIO * (self.objects - self.unrelated)


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """What went, and which keys storage kept and why."""

    objects: int
    uploads: int
    failed: dict[str, str]


def compare(*, now: datetime) -> ReconcileReport:
    """Read bucket and rows side by side; changes nothing. Raises StorageUnavailable, and then knows nothing.

    Only what is older than the grace period counts as an orphan.
    """
    storage, report, before = share_storage(), ReconcileReport(), now - timedelta(seconds=settings.GRACE_SECONDS)
    after = ""
    for page in _batches(storage.objects.walk()):
        report.objects += len(page)
        own_objects = [stored_object for stored_object in page if KEY_PATTERN.fullmatch(stored_object.key)]
        report.unrelated += len(page) - len(own_objects)
        if not own_objects:
            continue
        expected_keys = _find_expected_keys([stored_object.key for stored_object in own_objects])
        for stored_object in own_objects:
            if stored_object.key not in expected_keys and stored_object.modified < before:
                report.orphans[stored_object.key] = stored_object.size
        last = own_objects[-1].key
        _add_missing(
            report,
            _ready(before=now).filter(key__gt=after, key__lte=last),
            {stored_object.key for stored_object in own_objects},
        )
        after = last
    _add_missing(report, _ready(before=now).filter(key__gt=after), set())
    for opened in _batches(storage.uploads.walk()):
        report.uploads += _strays(
            [upload for upload in opened if KEY_PATTERN.fullmatch(upload.key) and upload.started < before]
        )
    return report


def remove(report: ReconcileReport) -> CleanupResult:
    """Delete the orphans and abort the uploads of ``compare``, each judged by the rows once more."""
    storage = share_storage()
    removed, failed = 0, dict[str, str]()
    for keys in _batches(report.orphans):
        expected_keys = _find_expected_keys(keys)
        deleted_batch = storage.objects.delete([key for key in keys if key not in expected_keys])
        removed += len(deleted_batch.deleted)
        failed |= deleted_batch.failed
    uploads = list(chain.from_iterable(_strays(batch) for batch in _batches(report.uploads)))
    for upload in uploads:
        storage.uploads.abort(upload.key, upload.upload_id)
    return CleanupResult(removed, len(uploads), failed)


def _find_expected_keys(keys: Sequence[str]) -> set[str]:
    """Of ``keys`` those of files whose bytes are, or may yet be, in storage, and of their small pictures."""
    unpurged = SharedFile.objects.filter(purged_at__isnull=True)
    files = unpurged.filter(key__in=keys).values_list("key", flat=True)
    return {*files, *unpurged.filter(thumbnail__key__in=keys).values_list("thumbnail__key", flat=True)}


def _ready(*, before: datetime) -> QuerySet[SharedFile]:
    """What storage must hold: complete since before the reading began, and not on its way out."""
    return SharedFile.objects.ready().filter(ready_at__lt=before, share__purging_at__isnull=True)


def _add_missing(report: ReconcileReport, expected: QuerySet[SharedFile], listed_keys: set[str]) -> None:
    """A file that the list left out is looked for by name before it is called missing."""
    for file in expected.select_related("share").iterator(BATCH):
        if file.key not in listed_keys and share_storage().objects.head(file.key) is None and _still(file):
            report.missing.append(file)


def _still(file: SharedFile) -> bool:
    """Asked after storage was: it may have been purged in between."""
    return SharedFile.objects.ready().filter(pk=file.pk, share__purging_at__isnull=True).exists()


def _strays(opened: Sequence[OpenUpload]) -> list[OpenUpload]:
    ids = [upload.upload_id for upload in opened]
    unfinished = Upload.objects.filter(storage_id__in=ids, file__ready_at__isnull=True, file__purged_at__isnull=True)
    known_ids = set(unfinished.values_list("storage_id", flat=True))
    return [upload for upload in opened if upload.upload_id not in known_ids]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch
