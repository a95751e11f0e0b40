"""Uploads: part URLs signed on demand, and completion that trusts storage, not the client."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotReady, Refusal, StorageUnavailable
from shares.models import SharedFile, Upload, UploadPart
from shares.services import disk
from shares.services.sharing import files
from shares.services.uploads import completions
from shares.services.uploads.completions import Verified
from shares.storage import (
    CompletionUnclear,
    ObjectExists,
    Part,
    PartMismatch,
    SignedPart,
    StoredObject,
    StoredPart,
    UploadGone,
    share_storage,
)

MAX_SIGNED_PARTS = 100
MD5_BYTES = 16
_NAMED_PARTS = 10


@dataclass(frozen=True, slots=True)
class WantedPart:
    """A part the client is about to send: its number from 1, the SHA-256 of its bytes, and their MD5 where storage
    checks by that.
    """

    number: int
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class Progress:
    """What storage holds of one file; ``parts`` pairs each stored part with the digest signed for it, if any."""

    file: SharedFile
    part_size: int
    parts: tuple[tuple[StoredPart, bytes | None], ...]


def sign_parts(*, file: SharedFile, wanted: Sequence[WantedPart], caller: Caller, now: datetime) -> list[SignedPart]:
    """URLs for ``wanted``, each good for one part of exact length and digest, ``UPLOAD_URL_SECONDS`` long."""
    _may_write(file, caller, now)
    upload = file.upload
    if file.arrived:
        raise Invalid(_("This file is complete and accepts no more parts."), field="parts")
    _check_requests(upload, wanted)
    disk.require_room_for_files()
    if upload.direct_until is not None and _digests(upload) != {part.number: part.sha256 for part in wanted}:
        raise changed()
    storage_id = _started(upload)
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(touched_at=now)
        UploadPart.objects.bulk_create(
            [
                UploadPart(upload=upload, number=part.number, sha256=part.sha256, md5=part.md5 or None)
                for part in wanted
            ],
            update_conflicts=True,
            unique_fields=["upload", "number"],
            update_fields=["sha256", "md5"],
        )
    return share_storage().sign_parts(
        file.key,
        storage_id,
        [Part(part.number, upload.part_length(part.number), part.sha256, part.md5) for part in wanted],
        seconds=settings.UPLOAD_URL_SECONDS,
        host=caller.host,
    )


def progress(*, file: SharedFile, caller: Caller, now: datetime) -> Progress:
    """What has arrived, asked from storage itself: where an interrupted upload goes on."""
    _may_write(file, caller, now)
    upload = file.upload
    Upload.objects.filter(pk=upload.pk).update(touched_at=now)
    stored_parts: list[StoredPart] = []
    if file.arrived:
        return Progress(file, upload.part_size, ())
    if upload.storage_id:
        try:
            stored_parts = share_storage().list_parts(file.key, upload.storage_id)
        except UploadGone:
            _reset(upload)
    elif upload.direct_until is not None:
        stored_object = share_storage().head(file.key)
        stored_parts = [] if stored_object is None else [StoredPart(1, stored_object.size, "", stored_object.sha256)]
    digests, md5s = _digests(upload), _md5s(upload)
    # Of an announcement that was replaced the bytes may still be there.
    good = [part for part in stored_parts if md5s is None or not part.etag or part.md5 == md5s.get(part.number)]
    return Progress(file, upload.part_size, tuple((part, digests.get(part.number)) for part in good))


def complete(*, file: SharedFile, caller: Caller, now: datetime, sha256: bytes | None = None) -> SharedFile:
    """Make the file visible, once storage shows exactly what was declared and signed. Idempotent.

    ``sha256`` is what the sender says of the whole file; for one of a single part it is compared, else only kept.
    Raises NotReady while parts are missing and Invalid when the object turns out different (it is deleted then).
    """
    _may_write(file, caller, now)
    if file.arrived:
        return file
    digests = _digests(file.upload)
    whole = completions.whole_digest(file, digests, sha256)
    _assemble(file, digests)
    stored_object = share_storage().head(file.key)
    if stored_object is None:
        raise StorageUnavailable(_("Storage has not confirmed this file yet. Nothing is lost; try again in a moment."))
    stored_object = _verify(file, stored_object, completions.expected_digest(file, stored_object, digests))
    return _mark_ready(Verified(file, stored_object, whole), caller, now)


def cancel(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Give an upload up. Its parts are dropped now if storage answers, else by the next sweep."""
    files.remove(file=file, caller=caller, now=now)
    storage_id = file.upload.storage_id
    if storage_id and not file.arrived:
        try:
            share_storage().abort_multipart(file.key, storage_id)
        except StorageUnavailable:
            return


def _may_write(file: SharedFile, caller: Caller, now: datetime) -> None:
    _raise(policies.owner_only(file.share, caller) or policies.receivable(file, file.share, now))


def _check_requests(upload: Upload, requests: Sequence[WantedPart]) -> None:
    if not 1 <= len(requests) <= MAX_SIGNED_PARTS:
        raise Invalid(_("Request 1 to %(limit)d parts at a time.") % {"limit": MAX_SIGNED_PARTS}, field="parts")
    if len({part.number for part in requests}) != len(requests):
        raise Invalid(_("Each part can be named only once."), field="parts")
    for part in requests:
        if not 1 <= part.number <= upload.part_count:
            text = _("This file has parts 1 to %(count)d; %(number)d is not one of them.")
            raise Invalid(text % {"count": upload.part_count, "number": part.number}, field="number")
        if len(part.sha256) != 32:
            raise Invalid(
                _("A part's checksum is the SHA-256 of its bytes: 32 bytes, in base64."), field="checksum_sha256"
            )
        require_md5(part.md5)


def require_md5(md5: bytes) -> None:
    """Raises Invalid where storage checks by MD5 and none was told."""
    if share_storage().checksums == "md5" and len(md5) != MD5_BYTES:
        raise Invalid(
            _("The storage of this site verifies uploads by MD5: send those 16 bytes too, in base64."),
            field="checksum_md5",
        )


def _started(upload: Upload) -> str:
    """The store's upload id, opened at the first part. Of two that open at once, the first to be stamped is kept."""
    if upload.storage_id:
        return upload.storage_id
    storage = share_storage()
    opened = storage.start_multipart(upload.file.key, content_type=upload.file.content_type)
    if Upload.objects.filter(pk=upload.pk, storage_id="").update(storage_id=opened):
        upload.storage_id = opened
    else:
        storage.abort_multipart(upload.file.key, opened)
        upload.refresh_from_db(fields=["storage_id"])
    return upload.storage_id


def _assemble(file: SharedFile, digests: dict[int, bytes]) -> None:
    """Have storage put the object together, or find that it already did.

    An answer that leaves it open whether it happened (gone, exists) is settled by the HEAD that follows.
    """
    storage, upload = share_storage(), file.upload
    if file.size == 0:
        with suppress(ObjectExists):
            storage.put_empty(file.key, content_type=file.content_type)
        return
    try:
        if not upload.storage_id:
            raise UploadGone
        stored_parts = storage.list_parts(file.key, upload.storage_id)
        _require_all(upload, stored_parts, digests)
        # The digests that were signed are the ones that count: a store that lists none is told them again.
        signed_digests = digests if storage.checksums == "sha256" else {}
        listed_parts = [
            StoredPart(part.number, part.size, part.etag, signed_digests.get(part.number)) for part in stored_parts
        ]
        storage.complete_multipart(file.key, upload.storage_id, listed_parts)
    except (ObjectExists, CompletionUnclear):
        return
    except (UploadGone, PartMismatch) as interrupted:
        if storage.head(file.key) is None:
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
        numbers = ", ".join(map(str, missing[:_NAMED_PARTS]))
        if len(missing) > _NAMED_PARTS:
            text = _("%(missing)d of %(count)d parts have not arrived: %(numbers)s and more.")
        else:
            text = ngettext(
                "%(missing)d of %(count)d part has not arrived: %(numbers)s.",
                "%(missing)d of %(count)d parts have not arrived: %(numbers)s.",
                upload.part_count,
            )
        raise NotReady(text % {"missing": len(missing), "count": upload.part_count, "numbers": numbers})


def _verify(file: SharedFile, stored_object: StoredObject, expected: bytes | None) -> StoredObject:
    """Size and hash must be what was declared and signed; anything else is deleted, and said."""
    difference = completions.differs(file, stored_object, expected)
    if difference is None:
        return completions.confirmed(stored_object, expected)
    share_storage().delete_batch([file.key])
    _reset(file.upload)
    raise not_as_announced(difference)


def not_as_announced(difference: str) -> Refusal:
    if difference == completions.SIZE:
        text = _("What was uploaded is not the file that was declared: its size differs. Send it again.")
    else:
        text = _("What was uploaded is not the file that was declared: its checksum differs. Send it again.")
    return Invalid(text, field="parts")


def changed() -> Refusal:
    return Invalid(
        _("This file was declared with another checksum: it has changed since. Remove it and add it again."),
        field="checksum_sha256",
    )


def _mark_ready(verified: Verified, caller: Caller, now: datetime) -> SharedFile:
    late = completions.finish([verified], caller=caller, now=now)
    if late:
        raise late[verified.file.pk]
    return verified.file


def _digests(upload: Upload) -> dict[int, bytes]:
    return {number: bytes(sha256) for number, sha256 in upload.parts.values_list("number", "sha256")}


def _md5s(upload: Upload) -> dict[int, bytes] | None:
    """What the parts' ETags must be; None where storage checks by SHA-256, or its ETags are no MD5 sums."""
    storage = share_storage()
    if storage.checksums == "sha256" or not storage.shows_md5:
        return None
    return {number: bytes(md5) for number, md5 in upload.parts.values_list("number", "md5") if md5 is not None}


def _reset(upload: Upload) -> None:
    """Start over: the store's upload is finished or gone, and with it every part."""
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, storage_id=upload.storage_id).update(storage_id="")
        if upload.direct_until is None:  # Else URLs for these bytes, and no others, are still about.
            upload.parts.all().delete()
    upload.storage_id = ""


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
