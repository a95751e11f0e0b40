"""Batches: many files of one part, signed and completed with a few statements instead of a few for each file.

Such a file is stored by one PUT of the object itself. Its digest is announced once: every URL that was ever signed for
its key carries the same bytes, so none can change what was verified, whatever a store makes of `If-None-Match`. That
does not hold of MD5, which two files can share: where a store knows nothing better, even small files go in parts, whose
URLs are dead from the completion on.
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
from django.utils.translation import gettext as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound, NotReady, Refusal
from shares.models import SharedFile, Upload, UploadPart
from shares.services import disk
from shares.services.uploads import completions, multipart
from shares.services.uploads.completions import Verified
from shares.services.uploads.multipart import WantedPart
from shares.storage import ObjectExists, Part, SignedPart, StoredObject, share_storage

MOST_FILES = 100
# Enough to hide the store's answering time, few enough to leave it and other requests their share.
MAX_CONCURRENT_CALLS = 8

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of one part that the client is about to send, the SHA-256 of its bytes, and their MD5 where storage
    checks by that.
    """

    file_id: str
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file whose bytes are all sent, and the SHA-256 of the whole if the client knows it."""

    file_id: str
    sha256: bytes | None = None


def sign(*, wanted: Sequence[WantedFile], caller: Caller, now: datetime) -> list[SignedPart | Refusal]:
    """For each, in order, its URL or why there is none. A file that was begun in parts goes on in parts."""
    _check_ids([request.file_id for request in wanted])
    disk.require_room_for_files()
    files = _files(wanted)
    verdicts: dict[str, SignedPart | Refusal] = {}
    direct: dict[str, tuple[SharedFile, WantedFile]] = {}
    final = share_storage().whole_objects_are_final
    for request in wanted:
        file = files.get(request.file_id)
        refusal = _sendable(file, request, caller, now)
        if refusal is not None or file is None:
            verdicts[request.file_id] = refusal or NotFound()
        elif file.upload.storage_id or (not final and file.upload.direct_until is None):
            verdicts[request.file_id] = _attempted(partial(_in_parts, file, request, caller, now))
        else:
            direct[request.file_id] = file, request
    verdicts |= _direct(direct, caller, now)
    return [verdicts[request.file_id] for request in wanted]


def complete(*, sent: Sequence[SentFile], caller: Caller, now: datetime) -> list[SharedFile | Refusal]:
    """For each, in order, the finished file or why it is not; as idempotent as ``multipart.complete``."""
    _check_ids([sent_file.file_id for sent_file in sent])
    files = _files(sent)
    verdicts: dict[str, SharedFile | Refusal] = {}
    due: list[tuple[SharedFile, SentFile]] = []
    for sent_file in sent:
        file = files.get(sent_file.file_id)
        refusal = _writable(file, caller, now)
        if refusal is not None or file is None:
            verdicts[sent_file.file_id] = refusal or NotFound()
        elif file.arrived:
            verdicts[sent_file.file_id] = file
        elif file.size and (file.upload.storage_id or file.upload.direct_until is None):
            operation = partial(multipart.complete, file=file, sha256=sent_file.sha256, caller=caller, now=now)
            verdicts[sent_file.file_id] = _attempted(operation)
        else:
            due.append((file, sent_file))
    verdicts |= _complete_direct(due, caller, now)
    return [verdicts[sent_file.file_id] for sent_file in sent]


def _check_ids(ids: Sequence[str]) -> None:
    if not 1 <= len(ids) <= MOST_FILES:
        raise Invalid(_("Name 1 to %(limit)d files at a time.") % {"limit": MOST_FILES}, field="files")
    if len(set(ids)) != len(ids):
        raise Invalid(_("Each file can be named only once."), field="files")


def _files(requests: Sequence[WantedFile] | Sequence[SentFile]) -> dict[str, SharedFile]:
    listed_files = SharedFile.objects.listed().select_related("share__owner", "upload")
    return {file.pk: file for file in listed_files.filter(pk__in=[request.file_id for request in requests])}


def _writable(file: SharedFile | None, caller: Caller, now: datetime) -> Refusal | None:
    if file is None or policies.owner_only(file.share, caller) is not None:
        return NotFound(_("There is no such file."))
    return policies.receivable(file, file.share, now)


def _sendable(file: SharedFile | None, request: WantedFile, caller: Caller, now: datetime) -> Refusal | None:
    refusal = _writable(file, caller, now)
    if refusal is not None or file is None:
        return refusal
    if file.arrived:
        return Invalid(_("This file is complete and accepts no more bytes."), field="files")
    if file.upload.part_count != 1:
        return Invalid(
            _("This file is sent in %(count)d parts, not in one.") % {"count": file.upload.part_count}, field="files"
        )
    if len(request.sha256) != 32:
        return Invalid(_("A checksum is the SHA-256 of the bytes: 32 bytes, in base64."), field="checksum_sha256")
    outcome = _attempted(partial(multipart.require_md5, request.md5))
    return outcome if isinstance(outcome, Refusal) else None


def _in_parts(file: SharedFile, request: WantedFile, caller: Caller, now: datetime) -> SignedPart:
    part = WantedPart(1, request.sha256, request.md5)
    [signed_part] = multipart.sign_parts(file=file, wanted=[part], caller=caller, now=now)
    return signed_part


def _direct(
    requests: dict[str, tuple[SharedFile, WantedFile]], caller: Caller, now: datetime
) -> dict[str, SignedPart | Refusal]:
    if not requests:
        return {}
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
        announced = _announced(list(requests))
    storage, results = share_storage(), dict[str, SignedPart | Refusal]()
    for pk, (file, request) in requests.items():
        if announced.get(pk) != (request.sha256, request.md5):
            results[pk] = multipart.changed()
            continue
        part = Part(1, file.size, request.sha256, request.md5)
        results[pk] = storage.sign_whole(
            file.key, part, content_type=file.content_type, seconds=seconds, host=caller.host
        )
    return results


def _announced(ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    """SHA-256 and MD5 of each file that was announced, the latter empty where none was told."""
    parts = UploadPart.objects.filter(upload__in=ids, number=1)
    rows = parts.values_list("upload_id", "sha256", "md5")
    return {pk: (bytes(sha256), bytes(md5 or b"")) for pk, sha256, md5 in rows}


def _complete_direct(
    due: Sequence[tuple[SharedFile, SentFile]], caller: Caller, now: datetime
) -> dict[str, SharedFile | Refusal]:
    if not due:
        return {}
    announced = _announced([file.pk for file, _ in due])
    looked = _attempted(partial(_head_all, [file for file, _ in due]))
    if isinstance(looked, Refusal):
        return {file.pk: looked for file, _ in due}
    verdicts: dict[str, SharedFile | Refusal] = {}
    verified: list[Verified] = []
    for (file, sent_file), stored_object in zip(due, looked, strict=True):
        digests = announced.get(file.pk)
        verdict = (
            stored_object
            if isinstance(stored_object, Refusal)
            else _attempted(partial(_verified, file, stored_object, digests, sent_file))
        )
        if isinstance(verdict, Refusal):
            verdicts[file.pk] = verdict
        else:
            verified.append(verdict)
    late = completions.finish(verified, caller=caller, now=now) if verified else {}
    return verdicts | {
        verified_file.file.pk: late.get(verified_file.file.pk, verified_file.file) for verified_file in verified
    }


def _head_all(files: Sequence[SharedFile]) -> list[StoredObject | Refusal]:
    with share_storage().bulkhead.enter(), ThreadPoolExecutor(MAX_CONCURRENT_CALLS, "complete") as pool:
        waiting = [pool.submit(copy_context().run, _attempted, partial(_head, file)) for file in files]
        return [future.result() for future in waiting]


def _head(file: SharedFile) -> StoredObject:
    """Asks storage alone: this runs beside others, where the database's connection does not reach."""
    storage = share_storage()
    if file.size == 0:
        with suppress(ObjectExists):  # HEAD tells what it is
            storage.put_empty(file.key, content_type=file.content_type)
    stored_object = storage.head(file.key)
    if stored_object is None:
        raise NotReady(_("The bytes of this file haven't been uploaded."))
    return stored_object


def _verified(
    file: SharedFile, stored_object: StoredObject, announced: tuple[bytes, bytes] | None, sent_file: SentFile
) -> Verified:
    digests = {1: announced[0]} if announced else {}
    whole = completions.whole_digest(file, digests, sent_file.sha256)
    if whole is None:
        raise NotReady(_("The bytes of this file haven't been uploaded."))
    expected = completions.expected_digest(file, stored_object, digests)
    difference = completions.differs(file, stored_object, expected)
    if difference is None and announced and share_storage().checksums == "md5" and share_storage().shows_md5:
        difference = None if stored_object.md5 == announced[1] else "checksum"
    if difference is not None:
        share_storage().delete_batch([file.key])
        raise multipart.not_as_announced(difference)
    return Verified(file, completions.confirmed(stored_object, expected), whole)


def _attempted(operation: Callable[[], Answer]) -> Answer | Refusal:
    """One bad file does not spoil the others."""
    try:
        return operation()
    except Refusal as refusal:
        return refusal
