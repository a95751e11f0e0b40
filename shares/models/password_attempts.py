"""Attempts to enter a share's password, counted in the database so that the limit survives the loss of the cache."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from shares.models.rate_limits import consume
from shares.models.shares import Share


class PasswordAttemptQuerySet(models.QuerySet["PasswordAttempt"]):
    def consume(self, share_id: str, source: str, *, limit: int, window: timedelta, now: datetime) -> int:
        """Count one attempt. Returns 0 if it is allowed, otherwise the seconds until the next one is."""
        return consume(self, {"share_id": share_id, "source": source}, limit=limit, window=window, now=now)

    def refund(self, share_id: str, source: str) -> None:
        self.filter(share_id=share_id, source=source).update(count=Greatest(F("count") - 1, 0))


class PasswordAttempt(models.Model):
    """A counter for a share and one source of attempts: a keyed hash of an address, or ``ANY_SOURCE``."""

    ANY_SOURCE: ClassVar[str] = "*"

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="password_attempts")
    source = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text=_("Wrong passwords since the password was set."))
    notified_at = models.DateTimeField(null=True, help_text=_("When the owner was notified of many failures."))

    objects = PasswordAttemptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("share", "source", name="password_attempt_once"),
        ]
        indexes: ClassVar = [
            models.Index("started_at", name="password_attempt_started"),
            models.Index(
                "failures", condition=Q(source="*", notified_at__isnull=True), name="password_attempt_unnotified"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} attempts on {self.share_id}"
