"""Requests that were executed once and must not be repeated: a repeated ``Idempotency-Key`` is compared with these."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from shares.formats import format_moment
from shares.models.shares import Share


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def created_since(self, since: datetime) -> Self:
        return self.filter(created_at__gte=since)

    def aged(self, before: datetime) -> Self:
        return self.filter(created_at__lt=before)


class IdempotencyKey(models.Model):
    """A request that created ``count`` slots of ``share``, from position ``first``.

    ``digest`` is keyed, since a request may hold a share's password.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_index=True)
    # Empty only within the transaction that creates the slots.
    share = models.ForeignKey(Share, null=True, on_delete=models.CASCADE, related_name="+")
    first = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("user", "key", name="idempotency_key_once")]

    def __str__(self) -> str:
        return _("key of %(moment)s UTC") % {"moment": format_moment(self.created_at)}
