"""Batches: many files of one part, signed and completed with a few statements in total.

Such a file is stored by one PUT of the object itself. Its digest is announced once: every URL that is signed for its
key accepts the same bytes, so none can change a verified object, even if storage ignores `If-None-Match`. That is not
true of MD5, which two files can share: if storage supports nothing stronger, small files are sent in parts too, whose
URLs are invalid after the completion.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound, NotReady, Refusal
from shares.models import SharedFile, Upload, UploadPart
from shares.models.ids import is_valid_id, new_id
from shares.services import disk, rate_limits
from shares.services.uploads import completions, multipart
from shares.services.uploads.checks import refuse_form_upload, require_checksums
from shares.services.uploads.completions import Verified
from shares.services.uploads.labels import labels_of
from shares.services.uploads.multipart import PartRequest
from shares.services.uploads.signed_urls import record_urls_of_files
from shares.storage import ObjectExists, Part, SignedPart, StoredObject, share_storage

MAX_FILES = 100
# Enough to hide the latency of storage, few enough for other requests.
MAX_CONCURRENT_CALLS = 8

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FileRequest:
    """A file of one part that the client is about to send, the SHA-256 of its bytes, and their MD5 if storage verifies
    by that.
    """

    file_id: str
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class CompletedFile:
    """A file whose bytes are all sent, and the SHA-256 of the file if the client knows it."""

    file_id: str
    sha256: bytes | None = None


def sign(*, requests: Sequence[FileRequest], caller: Caller, now: datetime) -> list[SignedPart | Refusal]:
    """Return for each file, in order, its URL or a refusal. A file that was started in parts continues in parts."""
    _check_ids([request.file_id for request in requests])
    disk.require_space_for_files()
    files = _load_files(requests)
    outcomes: dict[str, SignedPart | Refusal] = {}
    direct: dict[str, tuple[SharedFile, FileRequest]] = {}
    final = share_storage().whole_objects_are_final
    for request in requests:
        file = files.get(request.file_id)
        refusal = _refuse_to_send(file, request, caller, now)
        if refusal is not None or file is None:
            outcomes[request.file_id] = refusal or NotFound()
        elif file.upload.storage_id or (not final and file.upload.direct_until is None):
            outcomes[request.file_id] = _try(partial(_sign_in_parts, file, request, caller, now))
        else:
            direct[request.file_id] = file, request
    outcomes |= _sign_direct(direct, caller, now)
    return [outcomes[request.file_id] for request in requests]


def complete(*, completed_files: Sequence[CompletedFile], caller: Caller, now: datetime) -> list[SharedFile | Refusal]:
    """Return for each file, in order, the completed file or a refusal. Idempotent, as ``multipart.complete`` is."""
    _check_ids([completed_file.file_id for completed_file in completed_files])
    files = _load_files(completed_files)
    outcomes: dict[str, SharedFile | Refusal] = {}
    due: list[tuple[SharedFile, CompletedFile]] = []
    for completed_file in completed_files:
        file = files.get(completed_file.file_id)
        refusal = _refuse_to_write(file, caller, now)
        if refusal is not None or file is None:
            outcomes[completed_file.file_id] = refusal or NotFound()
        elif file.is_stored:
            outcomes[completed_file.file_id] = file
        elif file.size and (file.upload.storage_id or file.upload.direct_until is None):
            operation = partial(multipart.complete, file=file, sha256=completed_file.sha256, caller=caller, now=now)
            outcomes[completed_file.file_id] = _try(operation)
        else:
            due.append((file, completed_file))
    outcomes |= _complete_direct(due, caller, now)
    return [outcomes[completed_file.file_id] for completed_file in completed_files]


def _check_ids(ids: Sequence[str]) -> None:
    if not 1 <= len(ids) <= MAX_FILES:
        raise Invalid(_("Name 1 to %(limit)d files at a time."), field="files", limit=MAX_FILES)
    if len(set(ids)) != len(ids):
        raise Invalid(_("Each file can be named only once."), field="files")


def _load_files(requests: Sequence[FileRequest] | Sequence[CompletedFile]) -> dict[str, SharedFile]:
    listed_files = SharedFile.objects.not_removed().select_related("share__owner", "upload", "form_upload")
    ids = [request.file_id for request in requests if is_valid_id(request.file_id)]
    return {file.pk: file for file in listed_files.filter(pk__in=ids)}


def _refuse_to_write(file: SharedFile | None, caller: Caller, now: datetime) -> Refusal | None:
    if file is None or policies.owner_only(file.share, caller) is not None:
        return NotFound(_("There is no such file."))
    if file.form_upload_or_none is not None:
        return refuse_form_upload()
    return policies.receivable(file, file.share, now)


def _refuse_to_send(file: SharedFile | None, request: FileRequest, caller: Caller, now: datetime) -> Refusal | None:
    refusal = _refuse_to_write(file, caller, now)
    if refusal is not None or file is None:
        return refusal
    if file.is_stored:
        return Invalid(_("This file is complete and accepts no more bytes."), field="files")
    if file.upload.part_count != 1:
        return Invalid(
            _("This file is sent in %(count)d parts, not in one."), field="files", count=file.upload.part_count
        )
    outcome = _try(partial(require_checksums, request.sha256, request.md5))
    return outcome if isinstance(outcome, Refusal) else None


def _sign_in_parts(file: SharedFile, request: FileRequest, caller: Caller, now: datetime) -> SignedPart:
    part = PartRequest(1, request.sha256, request.md5)
    [signed_part] = multipart.sign_parts(file=file, requests=[part], caller=caller, now=now)
    return signed_part


def _sign_direct(
    requests: dict[str, tuple[SharedFile, FileRequest]], caller: Caller, now: datetime
) -> dict[str, SignedPart | Refusal]:
    if not requests:
        return {}
    rate_limits.consume_signatures(caller, len(requests))
    seconds = settings.UPLOAD_URL_SECONDS
    with transaction.atomic():
        until = now + timedelta(seconds=seconds)
        Upload.objects.filter(pk__in=requests).order_by("pk").update(touched_at=now, direct_until=until)
        UploadPart.objects.bulk_create(
            [
                UploadPart(upload_id=pk, number=1, sha256=request.sha256, md5=request.md5 or None)
                for pk, (_, request) in requests.items()
            ],
            ignore_conflicts=True,
        )
        announcements = _load_announced(list(requests))
        reference, signed_files = new_id(), [file for file, _ in requests.values()]
        record_urls_of_files(signed_files, caller=caller, now=now, seconds=seconds, reference=reference)
    storage, results = share_storage(), dict[str, SignedPart | Refusal]()
    for pk, (file, request) in requests.items():
        if announcements.get(pk) != (request.sha256, request.md5):
            results[pk] = multipart.refuse_changed_file()
            continue
        part = Part(1, file.size, request.sha256, request.md5)
        results[pk] = storage.sign_whole(
            file.key,
            part,
            content_type=file.content_type,
            seconds=seconds,
            host=caller.host,
            labels=labels_of(file.share),
            reference=reference,
        )
    return results


def _load_announced(ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """SHA-256 and MD5 of each announced file; the MD5 is empty if none was announced."""
    parts = UploadPart.objects.filter(upload__in=ids, number=1)
    rows = parts.values_list("upload_id", "sha256", "md5")
    return {pk: (bytes(sha256), bytes(md5 or b"")) for pk, sha256, md5 in rows}


def _complete_direct(
    due: Sequence[tuple[SharedFile, CompletedFile]], caller: Caller, now: datetime
) -> dict[str, SharedFile | Refusal]:
    if not due:
        return {}
    announcements = _load_announced([file.pk for file, _ in due])
    stored_objects = _try(partial(_head_all, [file for file, _ in due]))
    if isinstance(stored_objects, Refusal):
        return {file.pk: stored_objects for file, _ in due}
    outcomes: dict[str, SharedFile | Refusal] = {}
    verified: list[Verified] = []
    for (file, completed_file), stored_object in zip(due, stored_objects, strict=True):
        digests = announcements.get(file.pk)
        outcome = (
            stored_object
            if isinstance(stored_object, Refusal)
            else _try(partial(_verify, file, stored_object, digests, completed_file))
        )
        if isinstance(outcome, Refusal):
            outcomes[file.pk] = outcome
        else:
            verified.append(outcome)
    late = completions.publish(verified, caller=caller, now=now) if verified else {}
    return outcomes | {
        verified_file.file.pk: late.get(verified_file.file.pk, verified_file.file) for verified_file in verified
    }


def _head_all(files: Sequence[SharedFile]) -> list[StoredObject | Refusal]:
    with share_storage().bulkhead.enter(), ThreadPoolExecutor(MAX_CONCURRENT_CALLS, "complete") as pool:
        waiting = [pool.submit(copy_context().run, _try, partial(_head, file)) for file in files]
        return [future.result() for future in waiting]


def _head(file: SharedFile) -> StoredObject:
    """Calls only storage: it runs in a thread that must not use the database connection."""
    storage = share_storage()
    if file.size == 0:
        with suppress(ObjectExists):  # The HEAD below examines it.
            storage.objects.put_empty(file.key, content_type=file.content_type, labels=labels_of(file.share))
    stored_object = storage.objects.head(file.key)
    if stored_object is None:
        raise NotReady(_("The bytes of this file haven't been uploaded."))
    return stored_object


def _verify(
    file: SharedFile,
    stored_object: StoredObject,
    announced: tuple[bytes, bytes] | None,
    completed_file: CompletedFile,
) -> Verified:
    digests = {1: announced[0]} if announced else {}
    whole = completions.whole_digest(file, digests, completed_file.sha256)
    if whole is None:
        raise NotReady(_("The bytes of this file haven't been uploaded."))
    md5 = announced[1] if announced else None
    return Verified(file, completions.verify(file, stored_object, digests, md5=md5), whole)


def _try(operation: Callable[[], Result]) -> Result | Refusal:
    """A refusal of one file does not affect the others."""
    try:
        return operation()
    except Refusal as refusal:
        return refusal
