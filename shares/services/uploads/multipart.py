"""Multipart uploads: URLs of parts are signed on demand; completion relies on storage, not on the client."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from shares.callers import Caller
from shares.errors import Invalid, NotReady, Refusal, StorageUnavailable
from shares.models import SharedFile, Upload, UploadPart
from shares.models.ids import new_id
from shares.services import disk, rate_limits
from shares.services.sharing import files
from shares.services.uploads import completions
from shares.services.uploads.checks import require_checksums, require_upload
from shares.services.uploads.completions import Verified
from shares.services.uploads.labels import labels_of
from shares.services.uploads.signed_urls import record_urls
from shares.storage import (
    CompletionUnclear,
    ObjectExists,
    Part,
    PartMismatch,
    SignedPart,
    StoredPart,
    UploadGone,
    share_storage,
)

MAX_SIGNED_PARTS = 100
_NAMED_PARTS = 10


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A part that the client is about to send: its number from 1, the SHA-256 of its bytes, and their MD5 if storage
    verifies by that.
    """

    number: int
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class Progress:
    """What storage has of one file; ``parts`` pairs each stored part with the digest that was signed for it, if any."""

    file: SharedFile
    part_size: int
    parts: tuple[tuple[StoredPart, bytes | None], ...]


def sign_parts(*, file: SharedFile, requests: Sequence[PartRequest], caller: Caller, now: datetime) -> list[SignedPart]:
    """Return URLs for ``requests``, each for one part of exactly this length and digest, for ``UPLOAD_URL_SECONDS``."""
    require_upload(file, caller, now)
    upload = file.upload
    if file.is_stored:
        raise Invalid(_("This file is complete and accepts no more parts."), field="parts")
    _check_requests(upload, requests)
    disk.require_space_for_files()
    if upload.direct_until is not None and _digests(upload) != {part.number: part.sha256 for part in requests}:
        raise refuse_changed_file()
    rate_limits.consume_signatures(caller, len(requests))
    storage_id, reference = _start(upload), new_id()
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(touched_at=now)
        UploadPart.objects.bulk_create(
            [
                UploadPart(upload=upload, number=part.number, sha256=part.sha256, md5=part.md5 or None)
                for part in requests
            ],
            update_conflicts=True,
            unique_fields=["upload", "number"],
            update_fields=["sha256", "md5"],
        )
        record_urls(
            share=file.share,
            file=file,
            caller=caller,
            now=now,
            count=len(requests),
            seconds=settings.UPLOAD_URL_SECONDS,
            reference=reference,
        )
    return share_storage().sign_parts(
        file.key,
        storage_id,
        [Part(part.number, upload.part_length(part.number), part.sha256, part.md5) for part in requests],
        seconds=settings.UPLOAD_URL_SECONDS,
        host=caller.host,
        reference=reference,
    )


def progress(*, file: SharedFile, caller: Caller, now: datetime) -> Progress:
    """Return what storage has received: where an interrupted upload continues."""
    require_upload(file, caller, now)
    upload = file.upload
    Upload.objects.filter(pk=upload.pk).update(touched_at=now)
    stored_parts: list[StoredPart] = []
    if file.is_stored:
        return Progress(file, upload.part_size, ())
    if upload.storage_id:
        try:
            stored_parts = share_storage().uploads.list_parts(file.key, upload.storage_id)
        except UploadGone:
            _reset(upload)
    elif upload.direct_until is not None:
        stored_object = share_storage().objects.head(file.key)
        stored_parts = [] if stored_object is None else [StoredPart(1, stored_object.size, "", stored_object.sha256)]
    digests, md5s = _digests(upload), _md5s(upload)
    # Bytes of an earlier announcement may still be stored.
    good = [part for part in stored_parts if md5s is None or not part.etag or part.md5 == md5s.get(part.number)]
    return Progress(file, upload.part_size, tuple((part, digests.get(part.number)) for part in good))


def complete(*, file: SharedFile, caller: Caller, now: datetime, sha256: bytes | None = None) -> SharedFile:
    """Complete the upload, if storage has exactly what was declared and signed. Idempotent.

    ``sha256`` is the sender's claim for the whole file; it is compared for a file of a single part, otherwise only
    stored. Raises NotReady while parts are missing, and Invalid if the object differs, which is then deleted.
    """
    require_upload(file, caller, now)
    if file.is_stored:
        return file
    digests = _digests(file.upload)
    whole = completions.whole_digest(file, digests, sha256)
    _assemble(file, digests)
    stored_object = share_storage().objects.head(file.key)
    if stored_object is None:
        raise StorageUnavailable(_("Storage has not confirmed this file yet. Nothing is lost; try again in a moment."))
    try:
        stored_object = completions.verify(file, stored_object, digests)
    except Invalid:
        _reset(file.upload)
        raise
    return _mark_ready(Verified(file, stored_object, whole), caller, now)


def cancel(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Cancel an upload. Its parts are deleted now if storage responds, otherwise by the next sweep."""
    files.remove(file=file, caller=caller, now=now)
    storage_id = file.upload.storage_id
    if storage_id and not file.is_stored:
        try:
            share_storage().uploads.abort(file.key, storage_id)
        except StorageUnavailable:
            return


def _check_requests(upload: Upload, requests: Sequence[PartRequest]) -> None:
    if not 1 <= len(requests) <= MAX_SIGNED_PARTS:
        raise Invalid(_("Request 1 to %(limit)d parts at a time."), field="parts", limit=MAX_SIGNED_PARTS)
    if len({part.number for part in requests}) != len(requests):
        raise Invalid(_("Each part can be named only once."), field="parts")
    for part in requests:
        if not 1 <= part.number <= upload.part_count:
            text = _("This file has parts 1 to %(count)d; %(number)d is not one of them.")
            raise Invalid(text, field="number", count=upload.part_count, number=part.number)
        require_checksums(part.sha256, part.md5)


def _start(upload: Upload) -> str:
    """Return the upload id of storage, which the first part starts. Of two that start concurrently, the first stored
    id is kept.
    """
    if upload.storage_id:
        return upload.storage_id
    storage = share_storage()
    opened = storage.uploads.start(
        upload.file.key, content_type=upload.file.content_type, labels=labels_of(upload.file.share)
    )
    if Upload.objects.filter(pk=upload.pk, storage_id="").update(storage_id=opened):
        upload.storage_id = opened
    else:
        storage.uploads.abort(upload.file.key, opened)
        upload.refresh_from_db(fields=["storage_id"])
    return upload.storage_id


def _assemble(file: SharedFile, digests: dict[int, bytes]) -> None:
    """Let storage assemble the object, unless it already did.

    The HEAD that follows decides responses that leave it open (gone, exists).
    """
    storage, upload = share_storage(), file.upload
    if file.size == 0:
        with suppress(ObjectExists):
            storage.objects.put_empty(file.key, content_type=file.content_type, labels=labels_of(file.share))
        return
    try:
        if not upload.storage_id:
            raise UploadGone
        stored_parts = storage.uploads.list_parts(file.key, upload.storage_id)
        _require_all(upload, stored_parts, digests)
        # The signed digests are sent again, for storage that lists none.
        signed_digests = digests if storage.checksums == "sha256" else {}
        listed_parts = [
            StoredPart(part.number, part.size, part.etag, signed_digests.get(part.number)) for part in stored_parts
        ]
        storage.uploads.complete(file.key, upload.storage_id, listed_parts)
    except (ObjectExists, CompletionUnclear):
        return
    except (UploadGone, PartMismatch) as interrupted:
        if storage.objects.head(file.key) is None:
            _reset(upload)
            raise NotReady(_("The upload of this file was interrupted and has to be sent again.")) from interrupted


def _require_all(upload: Upload, stored_parts: Sequence[StoredPart], digests: dict[int, bytes]) -> None:
    md5s = _md5s(upload)
    good = {
        part.number
        for part in stored_parts
        if 1 <= part.number <= upload.part_count
        and part.size == upload.part_length(part.number)
        and part.number in digests
        and (part.sha256 is None or compare_digest(part.sha256, digests[part.number]))
        and (md5s is None or (part.md5 is not None and part.md5 == md5s.get(part.number)))
    }
    missing = [number for number in range(1, upload.part_count + 1) if number not in good]
    if missing:
        missing_parts = ", ".join(map(str, missing[:_NAMED_PARTS]))
        if len(missing) > _NAMED_PARTS:
            text = _("%(missing)d of %(count)d parts have not arrived: %(numbers)s and more.")
        else:
            text = ngettext_lazy(
                "%(missing)d of %(count)d part has not arrived: %(numbers)s.",
                "%(missing)d of %(count)d parts have not arrived: %(numbers)s.",
                "count",
            )
        raise NotReady(text, missing=len(missing), count=upload.part_count, numbers=missing_parts)


def refuse_changed_file() -> Refusal:
    return Invalid(
        _("This file was declared with another checksum: it has changed since. Remove it and add it again."),
        field="checksum_sha256",
    )


def _mark_ready(verified: Verified, caller: Caller, now: datetime) -> SharedFile:
    late = completions.publish([verified], caller=caller, now=now)
    if late:
        raise late[verified.file.pk]
    return verified.file


def _digests(upload: Upload) -> dict[int, bytes]:
    return {number: bytes(sha256) for number, sha256 in upload.parts.values_list("number", "sha256")}


def _md5s(upload: Upload) -> dict[int, bytes] | None:
    """The MD5 sums that the ETags of the parts must be; None if storage verifies by SHA-256 or has other ETags."""
    storage = share_storage()
    if storage.checksums == "sha256" or not storage.shows_md5:
        return None
    return {number: bytes(md5) for number, md5 in upload.parts.values_list("number", "md5") if md5 is not None}


def _reset(upload: Upload) -> None:
    """Start over: the upload in storage is finished or gone, and with it every part."""
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, storage_id=upload.storage_id).update(storage_id="")
        if upload.direct_until is None:  # Otherwise URLs for exactly these bytes are still valid.
            upload.parts.all().delete()
    upload.storage_id = ""
