"""Heartbeats of the scheduler, stored where they survive the broker."""

from datetime import datetime, timedelta

from shares.models import Heartbeat

LATE = timedelta(minutes=2)
FRESH = timedelta(seconds=5)


def record(*, name: str, now: datetime) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"last_seen_at": now})


def is_late(*, name: str, now: datetime) -> bool:
    """True if ``name`` had no heartbeat for two minutes: an alarm for operators, never a reason for a refusal."""
    return not Heartbeat.objects.filter(name=name, last_seen_at__gt=now - LATE).exists()


def keep_fresh(*, name: str, now: datetime) -> None:
    """Record a heartbeat unless the last one is only a few seconds old."""
    if not Heartbeat.objects.filter(name=name, last_seen_at__gt=now - FRESH).exists():
        record(name=name, now=now)
