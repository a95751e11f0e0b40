"""A file of a share: declared first, visible once storage has shown that it holds exactly what was declared."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shares import file_names
from shares.models.ids import new_id, new_key
from shares.models.shares import Share

if TYPE_CHECKING:
    from shares.models.scans import Scan
    from shares.models.uploads import Upload


NAME_CHARACTERS = 255
PATH_BYTES = 4096


class SharedFileQuerySet(models.QuerySet["SharedFile"]):
    def listed(self) -> Self:
        """Files a page shows: not removed. Their bytes may still be on the way."""
        return self.filter(removed_at__isnull=True)

    def offered(self) -> Self:
        """Files that can be had now or, once their bytes are there and looked at, will be."""
        return self.listed().filter(withheld="")

    def ready(self) -> Self:
        return self.listed().filter(ready_at__isnull=False, purged_at__isnull=True)

    def removed_unpurged(self) -> Self:
        """Files taken out one by one whose bytes must go."""
        return self.filter(removed_at__isnull=False, purged_at__isnull=True)

    def of_purging_shares(self) -> Self:
        """Files whose bytes must go with a share whose purge has begun."""
        return self.filter(
            share__purging_at__isnull=False,
            share__purged_at__isnull=True,
            removed_at__isnull=True,
            purged_at__isnull=True,
        )

    def idle(self, since: datetime) -> Self:
        """Unfinished files whose upload nobody has touched after ``since``."""
        unfinished = self.listed().filter(ready_at__isnull=True, stored_at__isnull=True, purged_at__isnull=True)
        return unfinished.filter(upload__touched_at__lt=since)


class SharedFile(models.Model):
    class State(models.TextChoices):
        UPLOADING = "uploading", _("uploading")
        SCANNING = "scanning", _("being checked for viruses")
        WITHHELD = "withheld", _("withheld")
        READY = "ready", _("ready")
        REMOVED = "removed", _("removed")

    class Withheld(models.TextChoices):
        """Why nobody gets a file that is there."""

        VIRUS = "virus", _("a virus was found in it")
        BLOCK = "block", _("an administrator has blocked these bytes")

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
    key = models.CharField(_("object key"), max_length=34, default=new_key, unique=True, editable=False)
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
        help_text=_("When it was verified, if it did not become available at that moment."),
    )
    ready_at = models.DateTimeField(_("ready at"), null=True, editable=False)
    withheld = models.CharField(_("withheld"), max_length=8, blank=True, choices=Withheld, default="", editable=False)
    removed_at = models.DateTimeField(_("removed at"), null=True, editable=False)
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    objects = SharedFileQuerySet.as_manager()

    upload: "Upload"
    scan: "Scan"

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
            # A click looks at ``ready_at`` alone.
            models.CheckConstraint(condition=Q(withheld="") | Q(ready_at__isnull=True), name="file_withheld_not_ready"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.path}/{self.name}" if self.path else self.name

    @property
    def display_name(self) -> str:
        """The name as the sender gave it, told apart from others of the same folder."""
        return file_names.numbered(self.name, self.number)

    @property
    def saved_name(self) -> str:
        """The name it is downloaded and packed under: one that every system can make."""
        return file_names.saved_name(self.name, self.number)

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
    def arrived(self) -> bool:
        """Whether all its bytes are in storage and were verified, offered or not."""
        return self.ready_at is not None or self.stored_at is not None

    @property
    def scanned(self) -> "Scan | None":
        """What the virus scanner said, or is asked; None where none was. Wants ``scan`` among what was selected."""
        return getattr(self, "scan", None)

    @property
    def unscanned(self) -> bool:
        """Whether it is offered though the scanner, which was asked, did not look at it: it was too large."""
        return self.scanned is not None and self.scanned.verdict == "large"

    @property
    def sha256_hex(self) -> str:
        """As tools print it; empty where nobody knows."""
        return bytes(self.sha256).hex() if self.sha256 is not None else ""

    @property
    def sha256_checked(self) -> bool:
        """Whether storage itself has shown it: one part's checksum is the file's. Of a longer file the sender tells."""
        return self.sha256 is not None and self.upload.part_count <= 1 and not self.checked_by_md5

    @property
    def checked_by_md5(self) -> bool:
        """Whether storage, which knew no better, checked what arrived by its size and MD5."""
        return self.arrived and self.checksum is None
