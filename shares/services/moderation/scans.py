"""Virus scans: with a scanner, a file becomes ready only after its verdict.

Rows state what is due. A conditional UPDATE claims a file for two minutes at a time, so that the file of a killed
worker is free again soon; a verdict is recorded once. Two workers that scan the same file only repeat work.

The bytes that pass to the scanner are also judged by the rules for types.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shares import scanner
from shares.callers import SYSTEM, Caller
from shares.errors import Invalid, Refusal, StorageUnavailable
from shares.file_signatures import HEAD_BYTES
from shares.models import Event, Report, Scan, Share, SharedFile
from shares.scanner import ScannerError, Verdict
from shares.services import events, type_rules
from shares.storage import share_storage

PUBLISH, WITHHOLD = "offer", "withhold"
# By one worker process at a time: the others are free for the purge and the other tasks.
MAX_CONCURRENT_SCANS = 4
CLAIM = timedelta(minutes=2)
RENEW_SECONDS = 30.0
RUN_SECONDS = 60.0
FIRST_PAUSE, MAX_PAUSE = timedelta(seconds=10), timedelta(minutes=5)
REPORTER = "virus scanner"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """The scanner's verdict, and the first bytes, by which the type is judged."""

    verdict: Verdict
    head: bytes


def is_required(size: int) -> bool:
    """Whether a file of ``size`` bytes has to be scanned. An empty one does not."""
    return bool(settings.CLAMD_ADDRESS) and size > 0


def run(*, seconds: float = RUN_SECONDS) -> int:
    """Scan what is due, for ``seconds`` and until the started scans are finished. Returns the number of verdicts.

    Does nothing while another run is active. Without a scanner, files that still wait for one become ready.
    """
    if not settings.CLAMD_ADDRESS:
        return sum(
            _settle(scan, Scan.Verdict.NOT_SCANNED) for scan in Scan.objects.open().select_related("file")[:1000]
        )
    if Scan.objects.filter(verdict="", running=True, due_at__gt=timezone.now()).exists():
        return 0
    verdicts, end = 0, time.monotonic() + seconds
    running: dict[Future[ScannedFile], Scan] = {}
    with ThreadPoolExecutor(MAX_CONCURRENT_SCANS, "scan") as pool:
        while True:
            for scan in _claim(MAX_CONCURRENT_SCANS - len(running)) if time.monotonic() < end else ():
                running[pool.submit(_scan, scan.file.key, scan.file.size)] = scan
            if not running:
                return verdicts
            completed, _ = wait(running, timeout=RENEW_SECONDS, return_when=FIRST_COMPLETED)
            for future in completed:
                settled, is_available = _conclude(running.pop(future), future)
                verdicts += settled
                end = end if is_available else 0.0
            _renew(running.values())


def release(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Make a file ready despite the scanner's verdict, on the decision of an administrator. Raises Invalid."""
    with transaction.atomic():
        scans = Scan.objects.filter(file=file, verdict__in=(Scan.Verdict.INFECTED, Scan.Verdict.TYPE_NOT_ALLOWED))
        reasons = (SharedFile.Withheld.VIRUS, SharedFile.Withheld.TYPE)
        withheld = SharedFile.objects.filter(pk=file.pk, withheld__in=reasons)
        if not (withheld.update(withheld="") and scans.update(verdict=Scan.Verdict.RELEASED)):
            raise Invalid(_("This file isn't withheld because of a virus or its type."))
        publish(file=file, now=now)
        events.record(Event.Kind.ADMIN, caller=caller, share=file.share, file=file, now=now, detail="file released")


def publish(*, file: SharedFile, now: datetime) -> None:
    """Make a stored file ready, unless it is withheld or being removed."""
    publishable = SharedFile.objects.not_withheld().filter(pk=file.pk, ready_at__isnull=True, purged_at__isnull=True)
    if publishable.filter(share__purging_at__isnull=True).update(ready_at=now):
        Share.objects.filter(pk=file.share_id, live_at__isnull=True).update(live_at=now)


def _scan(key: str, size: int) -> ScannedFile:
    """Calls only storage and scanner: it runs in a thread that must not use the database connection."""
    head = bytearray()
    verdict = scanner.scan(settings.CLAMD_ADDRESS, _copy_head(share_storage().objects.read(key, size), head))
    return ScannedFile(verdict, bytes(head))


def _copy_head(chunks: Iterable[bytes], head: bytearray) -> Iterator[bytes]:
    for chunk in chunks:
        head += chunk[: HEAD_BYTES - len(head)]
        yield chunk


def _claim(number: int) -> list[Scan]:
    now = timezone.now()
    due = Scan.objects.open().filter(due_at__lte=now).order_by("due_at") if number else Scan.objects.none()
    ids = [pk for pk in due.values_list("pk", flat=True)[:number] if Scan.objects.claim(pk, until=now + CLAIM, now=now)]
    return list(Scan.objects.filter(pk__in=ids).select_related("file__share"))


def _renew(scans: Iterable[Scan]) -> None:
    ids = [scan.pk for scan in scans]
    if ids:
        Scan.objects.filter(pk__in=ids, verdict="").update(due_at=timezone.now() + CLAIM)


def _conclude(scan: Scan, future: "Future[ScannedFile]") -> tuple[bool, bool]:
    """Return whether a verdict was recorded, and whether scanner and storage are available for the next scan."""
    file = scan.file
    try:
        scanned_file = future.result()
    except ScannerError as error:
        _wait(scan, str(error))
        return False, False
    except StorageUnavailable:
        _wait(scan, gettext_noop("The file storage does not answer."))
        return False, False
    verdict = scanned_file.verdict
    if verdict.signature:
        return _withhold(scan, verdict.signature), True
    if verdict.too_large and settings.CLAMD_TOO_LARGE == WITHHOLD:
        return _withhold(scan, str(Scan.Verdict.TOO_LARGE.label)), True
    # Rules may be newer than the upload.
    refusal = type_rules.refusal_of_bytes(
        type_rules.load(), scanned_file.head, name=file.name, content_type=file.content_type, size=file.size
    )
    if refusal is not None:
        return _withhold_type(scan, refusal), True
    return _settle(scan, Scan.Verdict.TOO_LARGE if verdict.too_large else Scan.Verdict.CLEAN), True


def _wait(scan: Scan, reason: str) -> None:
    """The pause grows each time: a file that the scanner cannot handle does not hold up the others."""
    pause = min(MAX_PAUSE, FIRST_PAUSE * 2 ** min(scan.attempts, 8))
    log.warning("The scan of %s is put off by %d seconds: %s", scan.file.key, pause.total_seconds(), reason)
    Scan.objects.filter(pk=scan.pk, verdict="").update(
        running=False, due_at=timezone.now() + pause, attempts=scan.attempts + 1, last_error=reason
    )


def _settle(scan: Scan, verdict: Scan.Verdict) -> bool:
    """Record the verdict and make the file ready; False if there was a verdict before."""
    with transaction.atomic():
        if not _record_verdict(scan, verdict):
            return False
        publish(file=scan.file, now=timezone.now())
    return True


def _withhold(scan: Scan, signature: str) -> bool:
    """Withhold the file. Its owner and the administrators see that on their pages, and get an email."""
    now, file = timezone.now(), scan.file
    with transaction.atomic():
        if not _record_verdict(scan, Scan.Verdict.INFECTED, signature):
            return False
        _mark_withheld(file, SharedFile.Withheld.VIRUS, signature, now)
        queue = Report.objects.filter(share=file.share_id, contact=REPORTER, closed_at__isnull=True)
        if not queue.exists():
            Report.objects.create(
                share=file.share,
                reason=Report.Reason.MALWARE,
                details=_("Found in “%(name)s”: %(signature)s. The file is withheld.")
                % {"name": file.name, "signature": signature},
                contact=REPORTER,
                created_at=now,
            )
    return True


def _withhold_type(scan: Scan, refusal: Refusal) -> bool:
    """Withhold a file that may not be shared because of its type. Its owner sees that on the page of the share."""
    with transaction.atomic():
        if not _record_verdict(scan, Scan.Verdict.TYPE_NOT_ALLOWED):
            return False
        _mark_withheld(scan.file, SharedFile.Withheld.TYPE, refusal.code, timezone.now())
    return True


def _mark_withheld(file: SharedFile, reason: SharedFile.Withheld, detail: str, now: datetime) -> None:
    SharedFile.objects.not_withheld().filter(pk=file.pk).update(withheld=reason, ready_at=None)
    events.record(Event.Kind.WITHHELD, caller=SYSTEM, share=file.share, file=file, now=now, detail=detail)
    log.warning("A file is withheld: %s (%s)", file.key, detail)


def _record_verdict(scan: Scan, verdict: Scan.Verdict, signature: str = "") -> bool:
    unsettled = Scan.objects.filter(pk=scan.pk, verdict="")
    return bool(unsettled.update(verdict=verdict, signature=signature, running=False, last_error=""))
