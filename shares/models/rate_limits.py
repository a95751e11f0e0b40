"""Counts of what strangers may do a few times: kept in the database, so that a limit survives the loss of all else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.db.utils import IntegrityError


def charge(
    counters: models.QuerySet[Any], key: Mapping[str, object], *, limit: int, window: timedelta, now: datetime
) -> int:
    """Count one more on the counter that ``key`` names; 0 if it is allowed, else the seconds until the next one is.

    One conditional UPDATE where the row exists; two callers who both find none meet at the unique constraint.
    """
    rows = counters.filter(**key)
    for _ in range(2):
        if rows.filter(started_at__gt=now - window, count__lt=limit).update(count=F("count") + 1):
            return 0
        if rows.filter(started_at__lte=now - window).update(count=1, started_at=now):
            return 0
        full = rows.first()
        if full is not None and full.count < limit:
            continue  # somebody else has just begun a new window
        if full is not None:
            return max(1, int((full.started_at + window - now).total_seconds()) + 1)
        try:
            with transaction.atomic():
                counters.create(**key, count=1, started_at=now)
            return 0
        except IntegrityError:
            continue
    return 1


class Tally(models.Model):
    """How often something was done since ``started_at``. ``name`` says what and by or to whom, addresses as a hash."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.count} of {self.name}"
