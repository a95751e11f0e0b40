"""Files that may not be shared, identified by the digests of their bytes alone."""

from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BlockedFileQuerySet(models.QuerySet["BlockedFile"]):
    def holding(self, *, sha256s: Iterable[bytes | None], checksums: Iterable[bytes | None]) -> Self:
        """Blocks of files with any of these digests."""
        whole = [digest for digest in sha256s if digest is not None]
        composite = [digest for digest in checksums if digest is not None]
        return self.filter(Q(sha256__in=whole) | Q(checksum__in=composite))


class BlockedFile(models.Model):
    """``checksum`` is the composite checksum of storage: it identifies a file that is sent in parts of the same length,
    even without a SHA-256 of the whole file.
    """

    sha256 = models.BinaryField(_("SHA-256"), max_length=32, null=True, unique=True, editable=False)
    checksum = models.BinaryField(_("checksum"), max_length=32, null=True, unique=True, editable=False)
    name = models.CharField(_("name when it was blocked"), max_length=255, editable=False)
    size = models.BigIntegerField(_("size in bytes"), editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    blocked_by = models.CharField(_("blocked by"), max_length=254, blank=True, editable=False)

    objects = BlockedFileQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("blocked file"), _("blocked files")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sha256__isnull=False) | Q(checksum__isnull=False), name="block_knows_a_digest"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def sha256_hex(self) -> str:
        return bytes(self.sha256).hex() if self.sha256 is not None else ""
