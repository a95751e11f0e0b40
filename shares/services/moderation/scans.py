"""Virus scans: where there is a scanner, a file waits for its word before anybody may fetch it.

Rows say what is due. A file is claimed for two minutes at a time by a conditional UPDATE, so one whose worker was
killed is free again soon; a verdict is given once. Two that scan the same file do some work twice and no harm.
"""

import logging
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shares import scanner
from shares.callers import SYSTEM, Caller
from shares.errors import Invalid, StorageUnavailable
from shares.models import Event, Report, Scan, Share, SharedFile
from shares.scanner import Trouble, Verdict
from shares.services import events
from shares.storage import share_storage

PUBLISH, WITHHOLD = "offer", "withhold"
# So many at once, by one worker process at a time: the others stay free for the purge and the clock.
MAX_CONCURRENT_SCANS = 4
CLAIM = timedelta(minutes=2)
RENEW_SECONDS = 30.0
RUN_SECONDS = 60.0
FIRST_PAUSE, MAX_PAUSE = timedelta(seconds=10), timedelta(minutes=5)
REPORTER = "virus scanner"
log = logging.getLogger(__name__)


def wanted(size: int) -> bool:
    """Whether a file of ``size`` bytes has to wait. There is nothing in an empty one."""
    return bool(settings.CLAMD_ADDRESS) and size > 0


def run(*, seconds: float = RUN_SECONDS) -> int:
    """Scan what is due, for ``seconds`` and until what was begun is done. Returns how many files got their verdict.

    Does nothing while another run is at it. Without a scanner, files that still wait for one are offered.
    """
    if not settings.CLAMD_ADDRESS:
        return sum(_settle(scan, Scan.Verdict.NOT_ASKED) for scan in Scan.objects.open().select_related("file")[:1000])
    if Scan.objects.filter(verdict="", running=True, due_at__gt=timezone.now()).exists():
        return 0
    verdicts, end = 0, time.monotonic() + seconds
    running: dict[Future[Verdict], Scan] = {}
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
    """Offer a file in spite of what was found in it: an administrator knows better. Raises Invalid."""
    with transaction.atomic():
        scans = Scan.objects.filter(file=file, verdict=Scan.Verdict.FOUND)
        withheld = SharedFile.objects.filter(pk=file.pk, withheld=SharedFile.Withheld.VIRUS)
        if not (withheld.update(withheld="") and scans.update(verdict=Scan.Verdict.RELEASED)):
            raise Invalid(_("This file isn't withheld because of a virus."))
        offer(file=file, now=now)
        events.record(Event.Kind.ADMIN, caller=caller, share=file.share, file=file, now=now, detail="file released")


def offer(*, file: SharedFile, now: datetime) -> None:
    """Let a stored file be fetched from now on, unless it is withheld or on its way out."""
    publishable = SharedFile.objects.offered().filter(pk=file.pk, ready_at__isnull=True, purged_at__isnull=True)
    if publishable.filter(share__purging_at__isnull=True).update(ready_at=now):
        Share.objects.filter(pk=file.share_id, live_at__isnull=True).update(live_at=now)


def _scan(key: str, size: int) -> Verdict:
    """Speaks to storage and scanner alone: this runs beside others, where the database's connection does not reach."""
    return scanner.scan(settings.CLAMD_ADDRESS, share_storage().read(key, size))


def _claim(number: int) -> list[Scan]:
    now = timezone.now()
    due = Scan.objects.open().filter(due_at__lte=now).order_by("due_at") if number else Scan.objects.none()
    ids = [pk for pk in due.values_list("pk", flat=True)[:number] if Scan.objects.claim(pk, until=now + CLAIM, now=now)]
    return list(Scan.objects.filter(pk__in=ids).select_related("file__share"))


def _renew(scans: Iterable[Scan]) -> None:
    ids = [scan.pk for scan in scans]
    if ids:
        Scan.objects.filter(pk__in=ids, verdict="").update(due_at=timezone.now() + CLAIM)


def _conclude(scan: Scan, future: "Future[Verdict]") -> tuple[bool, bool]:
    """Whether the file got its verdict, and whether scanner and storage are there to ask for more."""
    try:
        verdict = future.result()
    except Trouble as error:
        _wait(scan, str(error))
        return False, False
    except StorageUnavailable:
        _wait(scan, gettext_noop("The file storage does not answer."))
        return False, False
    if verdict.found:
        return _withhold(scan, verdict.found), True
    if verdict.too_large and settings.CLAMD_TOO_LARGE == WITHHOLD:
        return _withhold(scan, str(Scan.Verdict.TOO_LARGE.label)), True
    return _settle(scan, Scan.Verdict.TOO_LARGE if verdict.too_large else Scan.Verdict.CLEAN), True


def _wait(scan: Scan, reason: str) -> None:
    """Longer each time: a file that no scanner can bear does not keep it from the others."""
    pause = min(MAX_PAUSE, FIRST_PAUSE * 2 ** min(scan.tries, 8))
    log.warning("The scan of %s is put off by %d seconds: %s", scan.file.key, pause.total_seconds(), reason)
    Scan.objects.filter(pk=scan.pk, verdict="").update(
        running=False, due_at=timezone.now() + pause, tries=scan.tries + 1, trouble=reason
    )


def _settle(scan: Scan, verdict: Scan.Verdict) -> bool:
    """Offer the file; False if it got its verdict before."""
    with transaction.atomic():
        if not _record_verdict(scan, verdict):
            return False
        offer(file=scan.file, now=timezone.now())
    return True


def _withhold(scan: Scan, signature: str) -> bool:
    """Nobody gets the file. Its owner and the administrators find it told on their pages, and get a mail."""
    now, file = timezone.now(), scan.file
    with transaction.atomic():
        if not _record_verdict(scan, Scan.Verdict.FOUND, signature):
            return False
        SharedFile.objects.offered().filter(pk=file.pk).update(withheld=SharedFile.Withheld.VIRUS, ready_at=None)
        events.record(Event.Kind.WITHHELD, caller=SYSTEM, share=file.share, file=file, now=now, detail=signature)
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
    log.warning("A file is withheld: %s (%s)", file.key, signature)
    return True


def _record_verdict(scan: Scan, verdict: Scan.Verdict, signature: str = "") -> bool:
    unsettled = Scan.objects.filter(pk=scan.pk, verdict="")
    return bool(unsettled.update(verdict=verdict, signature=signature, running=False, trouble=""))
