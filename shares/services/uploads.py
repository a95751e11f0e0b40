"""Uploads: part URLs signed on demand, and completion that trusts storage, not the client."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import transaction

from shares import policies
from shares.errors import Invalid, NotReady, Refusal, StorageUnavailable
from shares.models import Event, Share, SharedFile, Upload, UploadPart
from shares.policies import Caller
from shares.services import events, files
from shares.storage import (
    CompletionUnclear,
    ObjectExists,
    Part,
    PartMismatch,
    SignedPart,
    StoredObject,
    StoredPart,
    UploadGone,
    composite_sha256,
    share_storage,
)

MOST_PARTS_SIGNED = 100
_NAMED_PARTS = 10


@dataclass(frozen=True, slots=True)
class WantedPart:
    """A part the client is about to send: its number from 1 and the SHA-256 of its bytes."""

    number: int
    sha256: bytes


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
    if file.ready_at is not None:
        raise Invalid("This file is complete; it takes no more parts.", field="parts")
    _check_wanted(upload, wanted)
    storage_id = _started(upload)
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(touched_at=now)
        UploadPart.objects.bulk_create(
            [UploadPart(upload=upload, number=part.number, sha256=part.sha256) for part in wanted],
            update_conflicts=True,
            unique_fields=["upload", "number"],
            update_fields=["sha256"],
        )
    return share_storage().sign_parts(
        file.key,
        storage_id,
        [Part(part.number, upload.part_length(part.number), part.sha256) for part in wanted],
        seconds=settings.UPLOAD_URL_SECONDS,
        host=caller.host,
    )


def progress(*, file: SharedFile, caller: Caller, now: datetime) -> Progress:
    """What has arrived, asked from storage itself: where an interrupted upload goes on."""
    _may_write(file, caller, now)
    upload = file.upload
    Upload.objects.filter(pk=upload.pk).update(touched_at=now)
    stored: list[StoredPart] = []
    if upload.storage_id and file.ready_at is None:
        try:
            stored = share_storage().list_parts(file.key, upload.storage_id)
        except UploadGone:
            _forget(upload)
    digests = _digests(upload)
    return Progress(file, upload.part_size, tuple((part, digests.get(part.number)) for part in stored))


def complete(*, file: SharedFile, caller: Caller, now: datetime) -> SharedFile:
    """Make the file visible, once storage shows exactly what was declared and signed. Idempotent.

    Raises NotReady while parts are missing and Invalid when the object turns out different (it is deleted then).
    """
    _may_write(file, caller, now)
    if file.ready_at is not None:
        return file
    expected = _assemble(file)
    stored = share_storage().head(file.key)
    if stored is None:
        raise StorageUnavailable("Storage has not confirmed this file yet. Nothing is lost; try again in a moment.")
    _verify(file, stored, expected)
    return _mark_ready(file, stored, caller, now)


def cancel(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Give an upload up. Its parts are dropped now if storage answers, else by the next sweep."""
    files.remove(file=file, caller=caller, now=now)
    storage_id = file.upload.storage_id
    if storage_id and file.ready_at is None:
        try:
            share_storage().abort_multipart(file.key, storage_id)
        except StorageUnavailable:
            return


def _may_write(file: SharedFile, caller: Caller, now: datetime) -> None:
    _raise(policies.owner_only(file.share, caller) or policies.receivable(file, file.share, now))


def _check_wanted(upload: Upload, wanted: Sequence[WantedPart]) -> None:
    if not 1 <= len(wanted) <= MOST_PARTS_SIGNED:
        raise Invalid(f"Ask for 1 to {MOST_PARTS_SIGNED} parts at a time.", field="parts")
    if len({part.number for part in wanted}) != len(wanted):
        raise Invalid("Each part can be named only once.", field="parts")
    for part in wanted:
        if not 1 <= part.number <= upload.part_count:
            raise Invalid(f"This file has parts 1 to {upload.part_count}; {part.number} is not one.", field="number")
        if len(part.sha256) != 32:
            raise Invalid(
                "A part's checksum is the SHA-256 of its bytes: 32 bytes, in base64.", field="checksum_sha256"
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


def _assemble(file: SharedFile) -> bytes | None:
    """Have storage put the object together, or find that it already did. Returns the digest it must then show.

    An answer that leaves it open whether it happened (gone, exists) is settled by the HEAD that follows.
    """
    storage, upload = share_storage(), file.upload
    if file.size == 0:
        with suppress(ObjectExists):
            storage.put_empty(file.key, content_type=file.content_type)
        return None
    digests = _digests(upload)
    expected = composite_sha256([digests[number] for number in sorted(digests)]) if digests else None
    try:
        if not upload.storage_id:
            raise UploadGone
        stored = storage.list_parts(file.key, upload.storage_id)
        _require_all(upload, stored, digests)
        # The digests that were signed are the ones that count: a store that lists none is told them again.
        listed = [StoredPart(part.number, part.size, part.etag, digests[part.number]) for part in stored]
        storage.complete_multipart(file.key, upload.storage_id, listed)
    except (ObjectExists, CompletionUnclear):
        return expected
    except (UploadGone, PartMismatch) as interrupted:
        if storage.head(file.key) is None:
            _forget(upload)
            raise NotReady("The upload of this file was interrupted and has to be sent again.") from interrupted
    return expected


def _require_all(upload: Upload, stored: Sequence[StoredPart], digests: dict[int, bytes]) -> None:
    good = {
        part.number
        for part in stored
        if 1 <= part.number <= upload.part_count
        and part.size == upload.part_length(part.number)
        and part.number in digests
        and (part.sha256 is None or compare_digest(part.sha256, digests[part.number]))
    }
    missing = [number for number in range(1, upload.part_count + 1) if number not in good]
    if missing:
        named = ", ".join(map(str, missing[:_NAMED_PARTS])) + (" and more" if len(missing) > _NAMED_PARTS else "")
        raise NotReady(f"{len(missing)} of {upload.part_count} parts have not arrived: {named}.")


def _verify(file: SharedFile, stored: StoredObject, expected: bytes | None) -> None:
    """Size and composite hash must be what was declared and signed; anything else is deleted, and said."""
    same_hash = expected is None or stored.sha256 is None or compare_digest(stored.sha256, expected)
    if stored.size == file.size and same_hash:
        return
    share_storage().delete_batch([file.key])
    _forget(file.upload)
    what = "checksum" if stored.size == file.size else "size"
    raise Invalid(f"What arrived is not the file that was announced: its {what} differs. Send it again.", field="parts")


def _mark_ready(file: SharedFile, stored: StoredObject, caller: Caller, now: datetime) -> SharedFile:
    with transaction.atomic():
        stamped = (
            SharedFile.objects.listed()
            .filter(pk=file.pk, ready_at__isnull=True, purged_at__isnull=True, share__purging_at__isnull=True)
            .update(ready_at=now, checksum=stored.sha256)
        )
        if stamped:
            Share.objects.filter(pk=file.share_id, live_at__isnull=True).update(live_at=now)
            UploadPart.objects.filter(upload_id=file.pk).delete()
            events.record(Event.Kind.UPLOADED, caller=caller, share=file.share, file=file, now=now)
    file.refresh_from_db(fields=["ready_at", "checksum", "removed_at", "purged_at"])
    if file.ready_at is None:
        # Removed or purged while it was being completed: leave no object behind that no row speaks of.
        share_storage().delete_batch([file.key])
        raise policies.receivable(file, Share.objects.get(pk=file.share_id), now) or NotReady()
    return file


def _digests(upload: Upload) -> dict[int, bytes]:
    return {number: bytes(sha256) for number, sha256 in upload.parts.values_list("number", "sha256")}


def _forget(upload: Upload) -> None:
    """Start over: the store's upload is finished or gone, and with it every part."""
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, storage_id=upload.storage_id).update(storage_id="")
        upload.parts.all().delete()
    upload.storage_id = ""


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
