"""A virus scan of one file, with the scanner's verdict once there is one."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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
        CLEAN = "clean", _("nothing found")
        INFECTED = "found", _("a virus was found")
        TYPE_NOT_ALLOWED = "type", _("its type may not be shared here")
        TOO_LARGE = "large", _("too large to be scanned")
        RELEASED = "released", _("released by an administrator")
        NOT_SCANNED = "unasked", _("not scanned: no scanner was configured")

    file = models.OneToOneField(
        SharedFile, primary_key=True, on_delete=models.CASCADE, related_name="scan", verbose_name=_("file")
    )
    verdict = models.CharField(_("verdict"), max_length=8, blank=True, choices=Verdict, editable=False)
    signature = models.CharField(_("what was found"), max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    due_at = models.DateTimeField(
        _("due at"), editable=False, help_text=_("Not before; while it runs: when its claim ends.")
    )
    running = models.BooleanField(_("running"), default=False, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False, help_text=_("Failed attempts."))
    last_error = models.CharField(_("last error"), max_length=100, blank=True, editable=False)
    notified_at = models.DateTimeField(
        _("notified at"), null=True, editable=False, help_text=_("When the owner and the administrators were notified.")
    )

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("scan"), _("scans")
        indexes: ClassVar = [
            models.Index("due_at", condition=Q(verdict=""), name="scan_due"),
            models.Index("created_at", condition=Q(verdict="found", notified_at__isnull=True), name="scan_unnotified"),
        ]

    def __str__(self) -> str:
        return gettext("scan of %(file)s") % {"file": self.file_id}
