"""Tasks of the scheduler: each one calls a service.

Messages carry no data: every task finds its work in the database, so a lost, late or repeated message changes nothing.
"""

import logging

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from shares.errors import Refusal
from shares.services import events, heartbeats, passwords, throttles
from shares.services.finished import accesslogs, counting
from shares.services.maintenance import purge
from shares.services.moderation import scans
from shares.services.notifications import notices
from shares.services.sharing import idempotency

log = logging.getLogger(__name__)


@shared_task
def sweep() -> int:
    """Purge ended shares and idle uploads. Returns the number of deleted files."""
    return purge.sweep(now=timezone.now()).files


@shared_task
def scan() -> int:
    """Scan new files for viruses. Returns the number of verdicts."""
    return scans.run()


@shared_task
def notify_owners() -> int:
    now = timezone.now()
    return (
        notices.notify_of_password_attempts(now=now)
        + notices.notify_of_reshare_requests(now=now)
        + notices.notify_of_infected_files(now=now)
    )


@shared_task
def read_access_log() -> int:
    """Continue reading the access log of storage. Returns the number of finished downloads."""
    try:
        return accesslogs.follow(now=timezone.now()).finished
    except Refusal as refusal:
        log.warning("%s The next run tries again.", refusal.message)
        return 0


@shared_task
def heartbeat() -> None:
    heartbeats.record(name="worker", now=timezone.now())


@shared_task
def delete_expired() -> int:
    """Delete expired events, tombstones, counters, idempotency keys and log cursors. Returns the number of rows."""
    now = timezone.now()
    counters = passwords.delete_expired_attempts(now=now) + throttles.delete_expired(now=now)
    return (
        events.delete_expired(now=now)
        + counters
        + idempotency.delete_expired(now=now)
        + counting.delete_expired(now=now)
    )


@shared_task
def clear_sessions() -> None:
    call_command("clearsessions")
