"""A small picture of a file, drawn by the sender's browser and stored as an object beside it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.models.files import SharedFile
from shares.models.ids import new_thumbnail_key


class Thumbnail(models.Model):
    """Announced once: every URL that is signed for its key accepts the bytes of ``sha256``, and no others."""

    MAX_BYTES: ClassVar[int] = 40_000
    MAX_PIXELS: ClassVar[int] = 320
    TYPES: ClassVar[tuple[str, ...]] = ("image/jpeg", "image/webp")

    file = models.OneToOneField(SharedFile, primary_key=True, on_delete=models.CASCADE, related_name="thumbnail")
    key = models.CharField(_("object key"), max_length=34, default=new_thumbnail_key, unique=True, editable=False)
    content_type = models.CharField(max_length=10, editable=False)
    size = models.PositiveIntegerField(_("size in bytes"), editable=False)
    sha256 = models.BinaryField(max_length=32, editable=False)
    width = models.PositiveSmallIntegerField(_("width in pixels"), editable=False)
    height = models.PositiveSmallIntegerField(_("height in pixels"), editable=False)
    urls_expire_at = models.DateTimeField(editable=False, help_text=_("When the last URL for its bytes expires."))
    ready_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=40_000), name="thumbnail_is_small"),
        ]

    def __str__(self) -> str:
        return gettext("thumbnail of %(file)s") % {"file": self.file_id}
