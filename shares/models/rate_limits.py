"""Rate limits of anonymous operations, counted in the database so that they survive the loss of the cache."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.db.utils import IntegrityError


def consume(
    counters: models.QuerySet[Any], key: Mapping[str, object], *, limit: int, window: timedelta, now: datetime
) -> int:
    """Count one operation on the counter ``key``. Returns 0 if it is allowed, otherwise the seconds until the next one
    is.

    This is one conditional UPDATE if the row exists; the unique constraint decides between two callers that create it.
    """
    rows = counters.filter(**key)
    for _ in range(2):
        if rows.filter(started_at__gt=now - window, count__lt=limit).update(count=F("count") + 1):
            return 0
        if rows.filter(started_at__lte=now - window).update(count=1, started_at=now):
            return 0
        full = rows.first()
        if full is not None and full.count < limit:
            continue  # Another caller has just started a new window.
        if full is not None:
            return max(1, int((full.started_at + window - now).total_seconds()) + 1)
        try:
            with transaction.atomic():
                counters.create(**key, count=1, started_at=now)
            return 0
        except IntegrityError:
            continue
    return 1


class RateLimitCounter(models.Model):
    """How often an operation was performed since ``started_at``. ``name`` contains the operation and its subject; an
    address is in it as a hash.
    """

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "rate limit counters"

    def __str__(self) -> str:
        return f"{self.count} of {self.name}"
