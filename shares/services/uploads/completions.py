"""Completions: verified files become ready, one or a hundred at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from hmac import compare_digest

from django.db import transaction
from django.db.models import BinaryField, Case, Value, When
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Blocked, Invalid, NotReady, Refusal
from shares.models import BlockedFile, Event, Scan, Share, SharedFile, UploadPart
from shares.services import events
from shares.services.moderation import scans
from shares.services.uploads.checks import SHA256_BYTES
from shares.services.uploads.type_checks import refuse_types
from shares.storage import StoredObject, composite_sha256, share_storage

EMPTY_DIGEST = sha256(b"").digest()
# In what a stored object can differ from the file that was declared.
SIZE, CHECKSUM = "size", "checksum"
DIFFERENCE_TEXTS = {
    SIZE: _("What was uploaded is not the file that was declared: its size differs. Send it again."),
    CHECKSUM: _("What was uploaded is not the file that was declared: its checksum differs. Send it again."),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """A file whose stored object matches what was signed. ``sha256`` is that of the whole file, None if unknown."""

    file: SharedFile
    stored_object: StoredObject
    sha256: bytes | None


def expected_digest(file: SharedFile, stored_object: StoredObject, digests: dict[int, bytes]) -> bytes | None:
    """The SHA-256 that the object must have, given the digests that were signed for its parts; None if none were.

    A storage that verifies by MD5 has none.
    """
    if share_storage().checksums == "md5":
        return None
    if not digests:
        return EMPTY_DIGEST if file.size == 0 else None
    if stored_object.parts is None and len(digests) == 1:
        return digests[1]
    return composite_sha256([digests[number] for number in sorted(digests)])


def verify(
    file: SharedFile, stored_object: StoredObject, digests: dict[int, bytes], *, md5: bytes | None = None
) -> StoredObject:
    """Compare the object with what was declared and signed; if it differs, delete it and raise Invalid.

    ``md5`` is that of a file of one part, if it was announced. Returns the object, with the digest that its URLs signed
    if storage verified it but reports none.
    """
    expected = expected_digest(file, stored_object, digests)
    difference = _find_difference(file, stored_object, expected, md5)
    if difference is not None:
        share_storage().objects.delete([file.key])
        raise Invalid(DIFFERENCE_TEXTS[difference], field="parts")
    return replace(stored_object, sha256=expected) if stored_object.sha256 is None else stored_object


def _find_difference(
    file: SharedFile, stored_object: StoredObject, expected: bytes | None, md5: bytes | None
) -> str | None:
    """How the object differs from the announced file: "size", "checksum", or None."""
    if stored_object.size != file.size:
        return SIZE
    if expected is not None and stored_object.sha256 is not None and not compare_digest(stored_object.sha256, expected):
        return CHECKSUM
    storage = share_storage()
    has_md5 = md5 is not None and storage.checksums == "md5" and storage.shows_md5
    return CHECKSUM if has_md5 and stored_object.md5 != md5 else None


def whole_digest(file: SharedFile, digests: dict[int, bytes], claimed_sha256: bytes | None) -> bytes | None:
    """The SHA-256 of the file: that of its single part, or what the sender claims for a longer file.

    Raises Invalid if the claim is not a SHA-256, or not that of the announced bytes.
    """
    if claimed_sha256 is not None and len(claimed_sha256) != SHA256_BYTES:
        raise Invalid(_("A file's SHA-256 is 64 hexadecimal digits."), field="sha256")
    if file.upload.part_count > 1:
        return claimed_sha256
    signed_sha256 = EMPTY_DIGEST if file.size == 0 else digests.get(1)
    if claimed_sha256 is not None and signed_sha256 is not None and not compare_digest(claimed_sha256, signed_sha256):
        raise Invalid(_("This is not the SHA-256 of the bytes that were declared."), field="sha256")
    return signed_sha256


def publish(verified_files: Sequence[Verified], *, caller: Caller, now: datetime) -> dict[str, Refusal]:
    """Make the files ready, or queue them for the virus scanner.

    Files that are blocked, of a type that may not be shared, or removed meanwhile are refused, by id, and their objects
    are deleted.
    """
    refusals: dict[str, Refusal] = {
        verified.file.pk: Blocked(
            _("An administrator has blocked “%(name)s”: it can't be shared here."), name=verified.file.name
        )
        for verified in _blocked(verified_files)
    }
    refusals |= refuse_types([verified.file for verified in verified_files if verified.file.pk not in refusals])
    if refusals:
        _refuse([verified.file for verified in verified_files if verified.file.pk in refusals], refusals, caller, now)
    accepted = [verified for verified in verified_files if verified.file.pk not in refusals]
    return refusals | _mark_ready(accepted, caller, now)


def _mark_ready(verified_files: Sequence[Verified], caller: Caller, now: datetime) -> dict[str, Refusal]:
    with transaction.atomic():
        marked_ids = _mark_stored(verified_files, now)
        stored_files = [verified.file for verified in verified_files if verified.file.pk in marked_ids]
        ready_share_ids = {file.share_id for file in stored_files if not scans.is_required(file.size)}
        Share.objects.filter(pk__in=ready_share_ids, live_at__isnull=True).update(live_at=now)
        UploadPart.objects.filter(upload__in=marked_ids).delete()
        line = partial(events.line, Event.Kind.UPLOADED, caller=caller, now=now)
        events.record_all(line(share=file.share, file=file) for file in stored_files)
    columns = ("pk", "stored_at", "ready_at", "withheld", "checksum", "sha256", "removed_at", "purged_at")
    rows = SharedFile.objects.filter(pk__in=[verified.file.pk for verified in verified_files]).values(*columns)
    rows_by_id = {row["pk"]: row for row in rows}
    for verified in verified_files:
        for column in columns[1:]:
            setattr(verified.file, column, rows_by_id[verified.file.pk][column])
    late = [verified.file for verified in verified_files if not verified.file.is_stored]
    if not late:
        return {}
    share_storage().objects.delete([file.key for file in late])
    shares_by_id = Share.objects.in_bulk({file.share_id for file in late})
    return {file.pk: policies.receivable(file, shares_by_id[file.share_id], now) or NotReady() for file in late}


def _blocked(verified_files: Sequence[Verified]) -> list[Verified]:
    """Files whose bytes an administrator blocked, by the digest of the file or by the composite checksum of storage."""
    blocked_rows = BlockedFile.objects.holding(
        sha256s=[verified.sha256 for verified in verified_files],
        checksums=[verified.stored_object.sha256 for verified in verified_files],
    ).values_list("sha256", "checksum")
    digests = {bytes(digest) for pair in blocked_rows for digest in pair if digest is not None}
    return [
        verified
        for verified in verified_files
        if verified.sha256 in digests or verified.stored_object.sha256 in digests
    ]


def _refuse(files: Sequence[SharedFile], refusals: dict[str, Refusal], caller: Caller, now: datetime) -> None:
    """Remove the files from share and storage; the next sweep releases the quota."""
    rows = SharedFile.objects.not_removed().filter(pk__in=[file.pk for file in files], ready_at__isnull=True)
    with transaction.atomic():
        rows.update(removed_at=now)
        line = partial(events.line, Event.Kind.REFUSED, caller=caller, now=now)
        events.record_all(line(share=file.share, file=file, detail=refusals[file.pk].code) for file in files)
    share_storage().objects.delete([file.key for file in files])


def _mark_stored(verified_files: Sequence[Verified], now: datetime) -> set[str]:
    """Mark files as ready, or as stored if they have to be scanned. Returns the ids that this call marked."""
    unfinished = SharedFile.objects.not_removed().filter(
        pk__in=[verified.file.pk for verified in verified_files],
        stored_at__isnull=True,
        ready_at__isnull=True,
        purged_at__isnull=True,
        share__purging_at__isnull=True,
    )
    due = set(unfinished.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    if due:
        new_files = [verified for verified in verified_files if verified.file.pk in due]
        digests = {
            "checksum": _column({verified.file.pk: verified.stored_object.sha256 for verified in new_files}),
            "sha256": _column({verified.file.pk: verified.sha256 for verified in new_files}),
        }
        suspect = [verified.file for verified in new_files if scans.is_required(verified.file.size)]
        suspect_ids = {file.pk for file in suspect}
        if suspect_ids:
            SharedFile.objects.filter(pk__in=suspect_ids).update(stored_at=now, **digests)
            Scan.objects.bulk_create([Scan(file=file, created_at=now, due_at=now) for file in suspect])
        if due - suspect_ids:
            SharedFile.objects.filter(pk__in=due - suspect_ids).update(ready_at=now, **digests)
    return due


def _column(values: dict[str, bytes | None]) -> Case:
    digests = BinaryField(max_length=32)
    return Case(
        *(When(pk=pk, then=Value(value, output_field=digests)) for pk, value in values.items() if value is not None),
        default=Value(None, output_field=digests),
        output_field=digests,
    )
