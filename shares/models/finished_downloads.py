"""What access logs have told: which lines were counted, which files are still in pieces, how far each log was read."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shares.models.files import SharedFile


class Delivery(models.Model):
    """A file that one address has got in part. Gone when it has all of it: then there is a line in the history."""

    file = models.ForeignKey(SharedFile, on_delete=models.CASCADE, related_name="deliveries", editable=False)
    client = models.CharField(max_length=32, editable=False, help_text=_("A keyed hash of the address."))
    beginning = models.BigIntegerField(
        default=0, editable=False, help_text=_("Bytes of the longest interrupted request from the first byte.")
    )
    ranges = models.BigIntegerField(default=0, editable=False, help_text=_("Bytes of all ranges since, added up."))
    at = models.DateTimeField(db_index=True, editable=False, help_text=_("When the last of them was sent."))

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [models.UniqueConstraint("file", "client", name="delivery_once")]

    def __str__(self) -> str:
        return f"{self.beginning} + {self.ranges} bytes of {self.file_id}"

    @property
    def empty(self) -> bool:
        return not (self.beginning or self.ranges)

    def add(self, size: int, *, whole: bool, of: int) -> bool:
        """Take in a fetch of ``size`` bytes; True if the file ``of`` so many is now with this address.

        Of fetches that broke off, the longest counts: who begins anew gets the same bytes again. A finished download
        settles what came in pieces before.
        """
        if whole:
            self.beginning = max(self.beginning, size)
        else:
            self.ranges += size
        if size < of and self.beginning + self.ranges < of:
            return False
        self.beginning = self.ranges = 0
        return True


class ReadLine(models.Model):
    """A line that was counted, so that it is not counted again."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.id


class ReadLog(models.Model):
    """How far a log was read: it only saves reading it again."""

    id = models.CharField(primary_key=True, max_length=64, editable=False, help_text=_("A hash of what identifies it."))
    position = models.BigIntegerField(default=0, editable=False, help_text=_("Bytes."))
    seen = models.CharField(
        max_length=1024,
        blank=True,
        editable=False,
        help_text=_("Of a bucket: where to list from. Of a file: its size and time when it was read to its end."),
    )
    at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return f"{self.position} bytes of {self.id}"
