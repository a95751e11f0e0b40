"""Reconciles bucket and database: removes objects without a row, and reports rows whose object is missing.

A row is written before its object is sent and no key is used twice, so an object that was listed and has no row
*afterwards* never gets one. Everything is read before anything is deleted: after an error, or if more is to be deleted
than is plausible, nothing changes.
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
KEY_PATTERN = re.compile(r"(t|u(/[0-9a-f]{32})?)/[0-9a-f]{32}")


@dataclass(slots=True)
class ReconcileReport:
    """``objects`` seen, of which ``unrelated`` have keys that this site never uses; those are not touched.

    ``orphans`` maps keys to bytes; ``uploads`` are open ones without a file; ``missing`` are ready files without an
    object.
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
        """True if so much would be deleted that a wrong or old database is the more likely reason."""
        stray = len(self.orphans)
        return stray > MAX_ORPHANS or stray > MAX_ORPHANS_RATIO * (self.objects - self.unrelated)


@dataclass(frozen=True, slots=True)
class CleanupResult:
    """What was deleted, and which keys storage failed to delete and why."""

    objects: int
    uploads: int
    failed: dict[str, str]


def compare(*, now: datetime) -> ReconcileReport:
    """Read bucket and rows side by side, without changes. Raises StorageUnavailable.

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
    """Delete the orphans and abort the uploads of ``compare``, after each is checked against the rows once more."""
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
    """Those of ``keys`` that belong to files whose bytes are or may be in storage, to their thumbnails, and to forms
    whose file is not stored yet.
    """
    unpurged = SharedFile.objects.filter(purged_at__isnull=True)
    files = unpurged.filter(key__in=keys).values_list("key", flat=True)
    thumbnails = unpurged.filter(thumbnail__key__in=keys).values_list("thumbnail__key", flat=True)
    unstored = unpurged.filter(ready_at__isnull=True, stored_at__isnull=True)
    forms = unstored.filter(form_upload__key__in=keys).values_list("form_upload__key", flat=True)
    return {*files, *thumbnails, *forms}


def _ready(*, before: datetime) -> QuerySet[SharedFile]:
    """Files whose objects must be in storage: ready before the comparison started, and not being purged."""
    return SharedFile.objects.ready().filter(ready_at__lt=before, share__purging_at__isnull=True)


def _add_missing(report: ReconcileReport, expected: QuerySet[SharedFile], listed_keys: set[str]) -> None:
    """A file that the listing lacks is requested by its key before it counts as missing."""
    for file in expected.select_related("share").iterator(BATCH):
        if file.key not in listed_keys and share_storage().objects.head(file.key) is None and _is_still_ready(file):
            report.missing.append(file)


def _is_still_ready(file: SharedFile) -> bool:
    """Checked after the request to storage: the file may have been purged in between."""
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
