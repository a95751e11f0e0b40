"""Reports of abuse, and what administrators do about them: suspend a share, undo that, block its files."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from shares.callers import SYSTEM, Caller
from shares.errors import Blocked, Invalid, NotFound
from shares.models import BlockedFile, Event, Report, Scan, Share, SharedFile
from shares.services import events, throttles
from shares.services.text import check_length, clean_text

DETAILS_LENGTH, CONTACT_LENGTH = 2000, 254
REPORTS_A_DAY = 20
SUSPENDED, UNSUSPENDED = "blocked for abuse", "no longer blocked"


def report(*, share: Share, reason: str, details: str, contact: str, caller: Caller, now: datetime) -> Report:
    """Put a report into the administrators' queue. Raises Invalid or TooManyRequests.

    It is not in the history, which the owner reads: they must not learn who reported them.
    """
    if reason not in Report.Reason:
        raise Invalid(_("Select what is wrong with this share."), field="reason")
    check_length(details, max_length=DETAILS_LENGTH, field="details")
    check_length(contact, max_length=CONTACT_LENGTH, field="contact")
    throttles.allow("report", a_day=REPORTS_A_DAY, share=share, caller=caller, now=now)
    description = clean_text(details, max_length=DETAILS_LENGTH, field="details")
    reachable = clean_text(contact, max_length=CONTACT_LENGTH, field="contact").replace("\n", " ")
    return Report.objects.create(
        share=share,
        reason=reason,
        details=description,
        contact=reachable,
        address=events.audit_address(caller.address),
        created_at=now,
    )


def close(*, report: Report, caller: Caller, now: datetime) -> bool:
    """Remove a report from the queue; False if it was closed before."""
    email = caller.user.email if caller.user is not None else ""
    return bool(Report.objects.filter(pk=report.pk, closed_at__isnull=True).update(closed_at=now, closed_by=email))


def reopen(*, report: Report) -> bool:
    return bool(Report.objects.filter(pk=report.pk, closed_at__isnull=False).update(closed_at=None, closed_by=""))


def suspend(*, share: Share, caller: Caller, now: datetime) -> bool:
    """Refuse all requests for this share from now on, with or without a grant; False if it was suspended before.

    A running stream ends within seconds; a signed URL that was given out works for another minute or two.
    """
    unsuspended = Share.objects.filter(pk=share.pk, suspended_at__isnull=True, purged_at__isnull=True)
    with transaction.atomic():
        updated = unsuspended.update(suspended_at=now)
        if updated:
            events.record(Event.Kind.ADMIN, caller=caller, share=share, now=now, detail=SUSPENDED)
    return bool(updated)


def unsuspend(*, share: Share, caller: Caller, now: datetime) -> bool:
    """Undo the suspension; the share still expires at its time. False if it was not suspended."""
    with transaction.atomic():
        updated = Share.objects.filter(pk=share.pk, suspended_at__isnull=False).update(suspended_at=None)
        if updated:
            events.record(Event.Kind.ADMIN, caller=caller, share=share, now=now, detail=UNSUSPENDED)
    return bool(updated)


def block(*, file: SharedFile, caller: Caller, now: datetime) -> int:
    """Prevent that these bytes are shared, and withhold them in every share from now on.

    Returns the number of other shares that contain them.

    Raises NotFound for a file that never arrived, Invalid for an empty one: all empty files are the same.
    """
    if not file.is_stored:
        raise NotFound(_("This file was never uploaded, so there is nothing to recognize it by."))
    if file.size == 0:
        raise Invalid(_("An empty file can't be blocked: all empty files are the same."))
    if file.sha256 is None and file.checksum is None:
        raise Invalid(_("The storage reports no checksum of this file, so it couldn't be recognized again."))
    email = caller.user.email if caller.user is not None else ""
    whole, composite = (None if digest is None else bytes(digest) for digest in (file.sha256, file.checksum))
    blocked_files = BlockedFile.objects.holding(sha256s=[whole], checksums=[composite])
    with transaction.atomic():
        if not blocked_files.exists():
            BlockedFile.objects.create(
                sha256=whole,
                checksum=composite,
                name=file.name,
                size=file.size,
                created_at=now,
                blocked_by=email,
            )
        events.record(Event.Kind.ADMIN, caller=caller, share=file.share, file=file, now=now, detail="file blocked")
        return _withhold(whole, composite, but=file, now=now)


def unblock(*, block: BlockedFile, now: datetime) -> int:
    """Allow these bytes again, also where they were withheld. Returns the number of files that are ready again."""
    whole, composite = (None if digest is None else bytes(digest) for digest in (block.sha256, block.checksum))
    with transaction.atomic():
        block.delete()
        same_bytes = _files_with_bytes(whole, composite).filter(withheld=SharedFile.Withheld.BLOCK)
        same_bytes.filter(scan__verdict=Scan.Verdict.INFECTED).update(withheld=SharedFile.Withheld.VIRUS)
        same_bytes.filter(scan__verdict=Scan.Verdict.TYPE_NOT_ALLOWED).update(withheld=SharedFile.Withheld.TYPE)
        same_bytes.filter(scan__verdict="").update(withheld="")  # The scan is not finished.
        return same_bytes.update(withheld="", ready_at=now)


def _files_with_bytes(whole: bytes | None, composite: bytes | None) -> QuerySet[SharedFile]:
    """Files with these bytes, removed ones included."""
    has_bytes = Q(sha256=whole) if whole is not None else Q(checksum=composite)
    return SharedFile.objects.filter(has_bytes, purged_at__isnull=True)


def _withhold(whole: bytes | None, composite: bytes | None, *, but: SharedFile, now: datetime) -> int:
    same_bytes = _files_with_bytes(whole, composite).filter(removed_at__isnull=True)
    fresh = same_bytes.exclude(withheld=SharedFile.Withheld.BLOCK)
    line = partial(events.line, Event.Kind.WITHHELD, caller=SYSTEM, now=now, detail=Blocked.code)
    other_files = fresh.exclude(pk=but.pk).select_related("share")
    events.record_all(line(share=file.share, file=file) for file in other_files)
    fresh.update(withheld=SharedFile.Withheld.BLOCK, stored_at=Coalesce(F("stored_at"), F("ready_at")), ready_at=None)
    return same_bytes.exclude(share=but.share_id).values("share").distinct().count()
