"""The clock's door: what Celery runs, each a thin call of a service.

Messages carry no facts, only the wish to look: every task finds its work in the database, so a lost, late or doubled
message changes nothing.
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
    """Purge ended shares and idle uploads. Returns how many files went."""
    return purge.sweep(now=timezone.now()).files


@shared_task
def scan() -> int:
    """Put what has arrived before the virus scanner. Returns how many files got their verdict."""
    return scans.run()


@shared_task
def tell_owners() -> int:
    now = timezone.now()
    return notices.tell_of_guesses(now=now) + notices.tell_of_asks(now=now) + notices.tell_of_finds(now=now)


@shared_task
def read_access_log() -> int:
    """Read on in the access log of storage. Returns how many downloads were finished by what it tells."""
    try:
        return accesslogs.follow(now=timezone.now()).finished
    except Refusal as refusal:
        log.warning("%s The next run tries again.", refusal.message)
        return 0


@shared_task
def heartbeat() -> None:
    heartbeats.beat(name="worker", now=timezone.now())


@shared_task
def forget() -> int:
    """Let audit lines, tombstones, counters, idempotency keys and what is known of logs go when their time is over."""
    now = timezone.now()
    counters = passwords.forget_guesses(now=now) + throttles.forget(now=now)
    return events.forget_aged(now=now) + counters + idempotency.forget(now=now) + counting.forget(now=now)


@shared_task
def clear_sessions() -> None:
    call_command("clearsessions")
