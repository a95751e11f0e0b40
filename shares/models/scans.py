"""A virus scan of one file, with the scanner's verdict once there is one."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from shares.models.files import SharedFile


class ScanQuerySet(models.QuerySet["Scan"]):
    def open(self) -> Self:
        """Scans without a verdict, of files that may still become ready."""
        unscanned = self.filter(verdict="", file__removed_at__isnull=True, file__purged_at__isnull=True)
        return unscanned.filter(file__share__revoked_at__isnull=True, file__share__purging_at__isnull=True)

    def claim(self, pk: str, *, until: datetime, now: datetime) -> bool:
        """Claim a scan; False if another worker has claimed it. A conditional UPDATE of the row decides."""
        return bool(self.filter(pk=pk, verdict="", due_at__lte=now).update(due_at=until, running=True))


class Scan(models.Model):
    class Verdict(models.TextChoices):
        CLEAN = "clean", "nothing found"
        INFECTED = "found", "a virus was found"
        TOO_LARGE = "large", "too large to be scanned"
        RELEASED = "released", "released by an administrator"
        NOT_SCANNED = "unasked", "there was no scanner any more"

    file = models.OneToOneField(SharedFile, primary_key=True, on_delete=models.CASCADE, related_name="scan")
    verdict = models.CharField(max_length=8, blank=True, choices=Verdict, editable=False)
    signature = models.CharField("what was found", max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    due_at = models.DateTimeField(editable=False, help_text="Not before; while it runs: when its claim ends.")
    running = models.BooleanField(default=False, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False, help_text="Failed attempts.")
    last_error = models.CharField("why it waits", max_length=100, blank=True, editable=False)
    notified_at = models.DateTimeField(
        null=True, editable=False, help_text="When owner and administrators were notified."
    )

    objects = ScanQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("due_at", condition=Q(verdict=""), name="scan_due"),
            models.Index("created_at", condition=Q(verdict="found", notified_at__isnull=True), name="scan_unnotified"),
        ]

    def __str__(self) -> str:
        return f"scan of {self.file_id}"
