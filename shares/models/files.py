"""A file of a share: declared first, ready once storage confirms that its object is exactly what was declared."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shares import file_names
from shares.models.ids import new_id, new_key
from shares.models.shares import Share

if TYPE_CHECKING:
    from shares.models.form_uploads import FormUpload
    from shares.models.scans import Scan
    from shares.models.uploads import Upload


NAME_CHARACTERS = 255
PATH_BYTES = 4096


class SharedFileQuerySet(models.QuerySet["SharedFile"]):
    def not_removed(self) -> Self:
        """Files that a page lists. Their bytes may not have arrived yet."""
        return self.filter(removed_at__isnull=True)

    def not_withheld(self) -> Self:
        """Files that are ready, or will be once their bytes are stored and scanned."""
        return self.not_removed().filter(withheld="")

    def ready(self) -> Self:
        return self.not_removed().filter(ready_at__isnull=False, purged_at__isnull=True)

    def removed_unpurged(self) -> Self:
        """Files that were removed one by one and whose objects are to be deleted."""
        return self.filter(removed_at__isnull=False, purged_at__isnull=True)

    def of_purging_shares(self) -> Self:
        """Files of shares whose purge has started."""
        return self.filter(
            share__purging_at__isnull=False,
            share__purged_at__isnull=True,
            removed_at__isnull=True,
            purged_at__isnull=True,
        )

    def idle(self, before: datetime) -> Self:
        """Unfinished files whose upload was last used earlier than ``before``."""
        unfinished = self.not_removed().filter(ready_at__isnull=True, stored_at__isnull=True, purged_at__isnull=True)
        return unfinished.filter(upload__touched_at__lt=before)


class SharedFile(models.Model):
    class State(models.TextChoices):
        UPLOADING = "uploading", _("uploading")
        SCANNING = "scanning", _("being checked for viruses")
        WITHHELD = "withheld", _("withheld")
        READY = "ready", _("ready")
        REMOVED = "removed", _("removed")

    class Withheld(models.TextChoices):
        """Why a stored file cannot be downloaded."""

        VIRUS = "virus", _("a virus was found in it")
        BLOCK = "block", _("an administrator has blocked these bytes")
        TYPE = "type", _("its type may not be shared here")

    id = models.CharField(_("id"), primary_key=True, max_length=22, default=new_id, editable=False)
    share = models.ForeignKey(
        Share, on_delete=models.CASCADE, related_name="files", editable=False, verbose_name=_("share")
    )
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    name = models.CharField(_("name"), max_length=NAME_CHARACTERS)
    number = models.PositiveSmallIntegerField(
        _("number"),
        default=1,
        editable=False,
        help_text=_("Which of several files with this name in this folder, ignoring case."),
    )
    path = models.CharField(
        _("folder"), max_length=PATH_BYTES, blank=True, help_text=_("Folders joined by /; empty: top level.")
    )
    size = models.BigIntegerField(_("size in bytes"), editable=False)
    content_type = models.CharField(
        _("content type"), max_length=127, default="application/octet-stream", editable=False
    )
    key = models.CharField(_("object key"), max_length=80, default=new_key, unique=True, editable=False)
    checksum = models.BinaryField(
        _("checksum"),
        max_length=32,
        null=True,
        editable=False,
        help_text=_("Composite SHA-256: the hash of the parts' hashes."),
    )
    sha256 = models.BinaryField(
        _("SHA-256"),
        max_length=32,
        null=True,
        editable=False,
        help_text=_("Of the whole file; unknown if the sender did not compute it."),
    )
    created_at = models.DateTimeField(_("created at"), editable=False)
    stored_at = models.DateTimeField(
        _("stored at"),
        null=True,
        editable=False,
        help_text=_("When it was verified, if it did not become ready at that moment."),
    )
    ready_at = models.DateTimeField(_("ready at"), null=True, editable=False)
    withheld = models.CharField(_("withheld"), max_length=8, blank=True, choices=Withheld, default="", editable=False)
    removed_at = models.DateTimeField(_("removed at"), null=True, editable=False)
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    objects = SharedFileQuerySet.as_manager()

    upload: "Upload"
    scan: "Scan"
    form_upload: "FormUpload"

    class Meta:
        verbose_name, verbose_name_plural = _("shared file"), _("shared files")
        ordering: ClassVar = ["share", "position", "id"]
        indexes: ClassVar = [
            models.Index(
                "removed_at", condition=Q(removed_at__isnull=False, purged_at__isnull=True), name="file_removed"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size__gte=0), name="file_size_not_negative"),
            models.CheckConstraint(condition=~Q(name=""), name="file_has_a_name"),
            # A download checks ``ready_at`` alone.
            models.CheckConstraint(condition=Q(withheld="") | Q(ready_at__isnull=True), name="file_withheld_not_ready"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.path}/{self.name}" if self.path else self.name

    @property
    def display_name(self) -> str:
        """The name that the sender gave, made distinct from others in the same folder."""
        return file_names.with_ordinal(self.name, self.number)

    @property
    def download_name(self) -> str:
        """The name under which it is downloaded and packed: one that every system accepts."""
        return file_names.download_name(self.name, self.number)

    @property
    def state(self) -> "SharedFile.State":
        if self.removed_at is not None or self.purged_at is not None:
            return self.State.REMOVED
        if self.ready_at is not None:
            return self.State.READY
        if self.withheld:
            return self.State.WITHHELD
        return self.State.UPLOADING if self.stored_at is None else self.State.SCANNING

    @property
    def is_stored(self) -> bool:
        """Whether all its bytes are stored and verified, whether it is ready or not."""
        return self.ready_at is not None or self.stored_at is not None

    @property
    def scan_or_none(self) -> "Scan | None":
        """The virus scan, with or without a verdict; None without one. Select ``scan`` with the row."""
        return getattr(self, "scan", None)

    @property
    def form_upload_or_none(self) -> "FormUpload | None":
        """How a form sends it; None for a file that a program sends. Select ``form_upload`` with the row."""
        return getattr(self, "form_upload", None)

    @property
    def unscanned(self) -> bool:
        """Whether it is ready although the scanner did not examine it, because it was too large."""
        return self.scan_or_none is not None and self.scan_or_none.verdict == "large"

    @property
    def sha256_hex(self) -> str:
        """As tools print it; empty if unknown."""
        return bytes(self.sha256).hex() if self.sha256 is not None else ""

    @property
    def sha256_checked(self) -> bool:
        """Whether storage verified it: the checksum of a single part is that of the file. For longer files it is the
        sender's claim.
        """
        return self.sha256 is not None and self.upload.part_count <= 1 and not self.checked_by_md5

    @property
    def checked_by_md5(self) -> bool:
        """Whether storage, which supports nothing stronger, verified the file by size and MD5."""
        return self.is_stored and self.checksum is None
