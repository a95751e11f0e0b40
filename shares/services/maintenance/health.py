"""Health of this server: the state of the services that it needs, and metrics for operators."""

from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min, Sum

from shares.models import Event, Grant, Heartbeat, Scan, Share, User
from shares.services import disk, heartbeats
from shares.storage import State, share_storage

SCHEDULER = "worker"
BROKER_SECONDS = 1
# Monitoring has short timeouts; a storage that is slower than this counts as unavailable.
STORAGE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Health:
    """Nothing is refused without the broker and the scheduler, so they are reported but do not decide."""

    database: bool
    storage: State
    broker: bool
    scheduler: bool
    disk: bool

    @property
    def ready(self) -> bool:
        return self.database and self.storage is State.OK and self.disk


def check(*, now: datetime) -> Health:
    """Check each part once. Never raises."""
    try:
        late = heartbeats.is_late(name=SCHEDULER, now=now)
        writable = disk.writable(now=now)
        database = True
    except DatabaseError:
        late, database, writable = True, False, not disk.free_space().full
    return Health(database=database, storage=_storage(), broker=_broker(), scheduler=not late, disk=writable)


def metrics(*, now: datetime) -> list[tuple[str, dict[str, str], float]]:
    """Name, labels and value of each metric."""
    lines: list[tuple[str, dict[str, str], float]] = [
        ("sharesite_shares", {"state": state.value}, Share.objects.in_state(state.value, now).count())
        for state in Share.State
    ]
    kinds = dict(Event.objects.order_by().values_list("kind").annotate(n=Count("pk")))
    lines += [("sharesite_events", {"kind": kind}, kinds.get(kind, 0)) for kind in Event.Kind.values]
    used = User.objects.aggregate(size=Sum("used_bytes"), files=Sum("used_files"), people=Count("pk"))
    lines += [
        ("sharesite_reserved_bytes", {}, used["size"] or 0),
        ("sharesite_reserved_files", {}, used["files"] or 0),
        ("sharesite_users", {}, used["people"]),
        ("sharesite_grants", {}, Grant.objects.count()),
    ]
    state = _storage()
    lines += [
        ("sharesite_storage", {"state": possible_state.value}, possible_state is state) for possible_state in State
    ]
    waiting = Scan.objects.open().aggregate(files=Count("pk"), oldest=Min("created_at"))
    if waiting["oldest"] is not None:
        lines.append(("sharesite_scans_oldest_seconds", {}, (now - waiting["oldest"]).total_seconds()))
    lines.append(("sharesite_scans_waiting", {}, waiting["files"]))
    space = disk.free_space()
    lines += [("sharesite_disk_free_bytes", {}, space.free), ("sharesite_disk_bytes", {}, space.total)]
    last = Heartbeat.objects.filter(name=SCHEDULER).first()
    if last is not None:
        lines.append(("sharesite_clock_age_seconds", {}, (now - last.last_seen_at).total_seconds()))
    return lines


def _storage() -> State:
    return share_storage().health_monitor.recent_state(STORAGE_SECONDS)


def _broker() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
