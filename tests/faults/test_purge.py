"""SIGKILL the worker in the middle of a purge: the next sweep finishes, nothing is damaged or reported twice.

``FAULT_ROUNDS`` and ``FAULT_OBJECTS`` set the length; ``make faults`` runs the long form.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from shares.models import Event, Share, SharedFile, User
from shares.storage import share_storage
from sharesite.celery import app
from tests.fixtures import make_user
from tests.stack import Stack

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
OBJECTS = int(os.environ.get("FAULT_OBJECTS", "400"))
LIVE = 50
DICE = random.Random()


def make_shares(owner: User, number: int, *, expired: bool) -> None:
    """Live or long expired shares of one small file each, with their objects in the bucket and their quota taken."""
    now = timezone.now()
    ends = now - timedelta(days=2) if expired else now + timedelta(days=2)
    new_shares = [
        Share(owner=owner, created_at=now - timedelta(days=9), expires_at=ends, live_at=now) for _ in range(number)
    ]
    Share.objects.bulk_create(new_shares)
    files = [SharedFile(share=share, name="a.txt", size=5, created_at=now, ready_at=now) for share in new_shares]
    SharedFile.objects.bulk_create(files)
    assert User.objects.reserve(owner.pk, size=5 * number, files=number)
    storage = share_storage()

    def put(file: SharedFile) -> None:
        storage.client.put_object(Bucket=storage.bucket_name, Key=file.key, Body=b"hello")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, files))


@contextmanager
def worker(stack: Stack) -> Iterator[Callable[[], None]]:
    """A Celery worker on the test's database; yields how to kill it, children and all."""
    server, _, _ = stack.database.url.rpartition("/")
    database = f"{server}/{settings.DATABASES['default']['NAME']}"
    environment = {**os.environ, **stack.environment(), "SECRET_KEY": settings.SECRET_KEY, "DATABASE_URL": database}
    celery = str(Path(sys.executable).with_name("celery"))
    with (stack.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [celery, "-A", "sharesite.celery:app", "worker", "--concurrency=1", "--without-mingle", "--without-gossip"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill() -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    try:
        yield kill
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "Nothing happened in time."
        time.sleep(0.01)


def all_purged() -> bool:
    return not Share.objects.filter(expires_at__lt=timezone.now(), purged_at__isnull=True).exists()


@pytest.mark.usefixtures("transactional_db", "storage", "broker_server")
def test_a_purge_killed_in_the_middle_is_finished_by_the_next_sweep(stack: Stack) -> None:
    # What other tests have left in the bucket is none of this one's.
    before = {stored_object.key for stored_object in share_storage().objects.walk()}
    owner = make_user("owner@example.com")
    make_shares(owner, LIVE, expired=False)
    unfinished = 0
    for _ in range(ROUNDS):
        make_shares(owner, OBJECTS, expired=True)
        with worker(stack) as kill:
            app.send_task("shares.tasks.sweep")
            wait_for(Share.objects.filter(purging_at__isnull=False, purged_at__isnull=True).exists)
            # A single kill must hit an unfinished purge; of many, some come later.
            time.sleep(DICE.uniform(0, 0.3) if ROUNDS > 1 else 0)
            kill()
        unfinished += not all_purged()
        with worker(stack):
            app.send_task("shares.tasks.sweep")
            wait_for(all_purged)
    keys = {stored_object.key for stored_object in share_storage().objects.walk()} - before
    live = set(SharedFile.objects.filter(share__purged_at__isnull=True).values_list("key", flat=True))
    assert keys == live
    assert len(live) == LIVE
    purge_lines = Event.objects.filter(kind="purged").values("share_id").annotate(lines=Count("pk"))
    assert {row["lines"] for row in purge_lines} == {1}
    assert len(purge_lines) == ROUNDS * OBJECTS
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (5 * LIVE, LIVE)
    print(f"{unfinished} of {ROUNDS} kills hit an unfinished purge")
    assert unfinished > 0, "Every purge was over before its kill: this run shows nothing."


@pytest.mark.usefixtures("transactional_db", "storage", "broker_server")
def test_without_workers_nothing_ended_is_served_and_one_sweep_catches_up(stack: Stack, client: Client) -> None:
    owner = make_user("owner@example.com")
    make_shares(owner, 3, expired=True)
    make_shares(owner, 1, expired=False)
    expired_files = list(SharedFile.objects.filter(share__expires_at__lt=timezone.now()))
    for file in expired_files:
        response = client.post(f"/share/{file.share_id}/files/{file.pk}/download")
        assert response.status_code == 410
        assert "This share has expired" in response.content.decode()
        assert share_storage().objects.head(file.key) is not None
    with worker(stack):
        app.send_task("shares.tasks.sweep")
        wait_for(all_purged)
    assert [share_storage().objects.head(file.key) for file in expired_files] == [None] * 3
    assert Share.objects.filter(purged_at__isnull=False).count() == 3
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (5, 1)
