"""Password guesses, counted in the database so that the throttle survives the loss of everything else."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from shares.models.rate_limits import charge
from shares.models.shares import Share


class GuessQuerySet(models.QuerySet["Guess"]):
    def charge(self, share_id: str, source: str, *, limit: int, window: timedelta, now: datetime) -> int:
        """Count one guess; 0 if it is allowed, else the seconds until the next one is."""
        return charge(self, {"share_id": share_id, "source": source}, limit=limit, window=window, now=now)

    def refund(self, share_id: str, source: str) -> None:
        self.filter(share_id=share_id, source=source).update(count=Greatest(F("count") - 1, 0))


class Guess(models.Model):
    """One counter for a share and one source of guesses: a keyed hash of an address, or ``EVERYONE``."""

    EVERYONE: ClassVar[str] = "*"

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="guesses")
    source = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text=_("Wrong passwords since the password was set."))
    told_at = models.DateTimeField(null=True, help_text=_("When the owner was notified of many failures."))

    objects = GuessQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("share", "source", name="guess_source_once"),
        ]
        indexes: ClassVar = [
            models.Index("started_at", name="guess_started"),
            models.Index("failures", condition=Q(source="*", told_at__isnull=True), name="guess_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.count} guesses at {self.share_id}"
