"""The state of counting finished downloads: counted log lines, partial downloads, and the position in each log."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shares.models.files import SharedFile


class PartialDownload(models.Model):
    """A file of which one address has received a part. The row is deleted once all of it is received: then the history
    has an event.
    """

    file = models.ForeignKey(SharedFile, on_delete=models.CASCADE, related_name="partial_downloads", editable=False)
    client = models.CharField(max_length=32, editable=False, help_text=_("A keyed hash of the address."))
    beginning = models.BigIntegerField(
        default=0, editable=False, help_text=_("Bytes of the longest interrupted request from the first byte.")
    )
    ranges = models.BigIntegerField(default=0, editable=False, help_text=_("Bytes of all ranges since then."))
    last_sent_at = models.DateTimeField(db_index=True, editable=False)

    class Meta:
        verbose_name_plural = "partial downloads"
        constraints: ClassVar = [models.UniqueConstraint("file", "client", name="partial_download_once")]

    def __str__(self) -> str:
        return f"{self.beginning} + {self.ranges} bytes of {self.file_id}"

    @property
    def is_empty(self) -> bool:
        return not (self.beginning or self.ranges)

    def add(self, size: int, *, whole: bool, file_size: int) -> bool:
        """Add a transfer of ``size`` bytes; True if the address has now received the file of ``file_size`` bytes.

        Of interrupted transfers the longest counts: a client that starts over receives the same bytes again. A finished
        download resets both counts.
        """
        if whole:
            self.beginning = max(self.beginning, size)
        else:
            self.ranges += size
        if size < file_size and self.beginning + self.ranges < file_size:
            return False
        self.beginning = self.ranges = 0
        return True


class CountedLogLine(models.Model):
    """A log line that was counted, so that no other run counts it."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    sent_at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.id


class LogCursor(models.Model):
    """How far a log is counted: it only saves reading the log again."""

    id = models.CharField(
        primary_key=True, max_length=64, editable=False, help_text=_("The log's fingerprint, or a hash of its address.")
    )
    position = models.BigIntegerField(default=0, editable=False, help_text=_("Bytes."))
    marker = models.CharField(
        max_length=1024,
        blank=True,
        editable=False,
        help_text=_("Of a bucket: the key to list from. Of a file: its size and time when it was read to the end."),
    )
    read_at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return f"{self.position} bytes of {self.id}"
