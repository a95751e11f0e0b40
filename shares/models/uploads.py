"""An upload of one file, from its slot to the verified object."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.models.files import SharedFile


class Upload(models.Model):
    """``storage_id`` is the multipart upload id of storage; it never leaves the server. Empty until the first part."""

    file = models.OneToOneField(
        SharedFile, primary_key=True, on_delete=models.CASCADE, related_name="upload", verbose_name=_("file")
    )
    storage_id = models.CharField(_("storage id"), max_length=1024, blank=True, editable=False)
    part_size = models.BigIntegerField(_("part size in bytes"), editable=False)
    direct_until = models.DateTimeField(
        _("direct until"),
        null=True,
        editable=False,
        help_text=_("Sent as one object, by URLs that expire by then; empty: sent in parts."),
    )
    touched_at = models.DateTimeField(
        _("touched at"), editable=False, db_index=True, help_text=_("When the uploader last sent a request.")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("upload"), _("uploads")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(part_size__gt=0), name="upload_part_size_positive"),
        ]

    def __str__(self) -> str:
        return gettext("upload of %(file)s") % {"file": self.file_id}

    @property
    def part_count(self) -> int:
        """How many parts the file has; 0 for an empty one, which is not sent in parts."""
        return -(-self.file.size // self.part_size)

    def part_length(self, number: int) -> int:
        """The exact length in bytes of part ``number``, counted from 1."""
        if number < self.part_count:
            return self.part_size
        return self.file.size - self.part_size * (self.part_count - 1)


class UploadPart(models.Model):
    """The digests announced for one part, one of which its URL signs; the object is compared with them."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts", verbose_name=_("upload"))
    number = models.PositiveIntegerField(_("number"))
    sha256 = models.BinaryField(_("sha256"), max_length=32)
    md5 = models.BinaryField(_("md5"), max_length=16, null=True, help_text=_("If storage verifies parts by MD5."))

    class Meta:
        verbose_name, verbose_name_plural = _("upload part"), _("upload parts")
        constraints: ClassVar = [
            models.UniqueConstraint("upload", "number", name="upload_part_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10_000), name="upload_part_number_in_range"),
        ]

    def __str__(self) -> str:
        return gettext("part %(number)d of %(upload)s") % {"number": self.number, "upload": self.upload_id}
