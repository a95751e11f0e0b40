"""Random histories of files, reconciled at random times and during changes: nothing live is ever deleted.

``FAULT_HISTORIES`` sets their number; ``make faults`` runs 10,000.
"""

import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from shares.models import Share, SharedFile, User
from shares.services.maintenance import reconcile
from shares.storage import StoredObject, share_storage

HISTORIES = int(os.environ.get("FAULT_HISTORIES", "100"))
SHARES_PER_BATCH, ROUNDS = 100, 5
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))
GRACE = timedelta(seconds=settings.GRACE_SECONDS)


class World:
    """Some files, what was done to each, and the objects that must be there for it."""

    def __init__(self, owner: User, dice: random.Random) -> None:
        now = timezone.now()
        self.dice, self.now = dice, now
        shares = [
            Share(owner=owner, created_at=now, expires_at=now + GRACE, live_at=now) for _ in range(SHARES_PER_BATCH)
        ]
        Share.objects.bulk_create(shares)
        files = [SharedFile(share=share, name="a", size=5, created_at=now) for share in shares]
        SharedFile.objects.bulk_create(files)
        self.keys = {file.pk: file.key for file in files}
        self.objects: set[str] = set()
        self.foreign: set[str] = set()
        self.lost_keys: set[str] = set()

    def live(self) -> set[str]:
        rows = SharedFile.objects.filter(pk__in=self.keys, purged_at__isnull=True)
        return self.objects & set(rows.values_list("key", flat=True))

    def step(self) -> None:
        """One action for each file: one that is possible in its state, or none."""
        rows = {row.pk: row for row in SharedFile.objects.filter(pk__in=self.keys).select_related("share")}
        ids_by_operation: dict[Callable[[list[str]], None], list[str]] = {}
        for pk, row in rows.items():
            if possible := self.possible(row):
                ids_by_operation.setdefault(self.dice.choice(possible), []).append(pk)
        for operation, pks in ids_by_operation.items():
            operation(pks)
        self.put([f"{self.dice.choice(['backup', 'u'])}/{self.dice.randrange(10**9)}.tar"], self.foreign)

    def possible(self, row: SharedFile) -> list[Callable[[list[str]], None]]:
        has_object = row.key in self.objects
        ending = row.removed_at is not None or row.share.purging_at is not None
        if row.purged_at is not None:
            return [self.do_nothing, self.delete_row, self.arrive_late]
        if ending:
            return [self.do_nothing, self.delete_object if has_object else self.mark_purged]
        if not has_object:
            return [self.do_nothing, self.send, self.remove] if row.ready_at is None else [self.do_nothing]
        return [
            self.do_nothing,
            self.remove,
            self.end_share,
            self.delete_row,
            self.lose_object if row.ready_at else self.complete,
        ]

    def do_nothing(self, pks: list[str]) -> None:
        pass

    def send(self, pks: list[str]) -> None:
        self.put([self.keys[pk] for pk in pks], self.objects)

    def complete(self, pks: list[str]) -> None:
        SharedFile.objects.filter(pk__in=pks).update(ready_at=self.now)

    def remove(self, pks: list[str]) -> None:
        SharedFile.objects.filter(pk__in=pks).update(removed_at=self.now)

    def end_share(self, pks: list[str]) -> None:
        Share.objects.filter(files__in=pks).update(purging_at=self.now)

    def delete_object(self, pks: list[str]) -> None:
        keys = {self.keys[pk] for pk in pks}
        share_storage().objects.delete(list(keys))
        self.objects -= keys

    def mark_purged(self, pks: list[str]) -> None:
        SharedFile.objects.filter(pk__in=pks).update(purged_at=self.now)

    def delete_row(self, pks: list[str]) -> None:
        """A tombstone that has expired; or a row that an older copy of the database does not have."""
        SharedFile.objects.filter(pk__in=pks).delete()

    def lose_object(self, pks: list[str]) -> None:
        self.delete_object(pks)
        self.lost_keys |= {self.keys[pk] for pk in pks}

    def arrive_late(self, pks: list[str]) -> None:
        self.send(pks)

    def put(self, keys: list[str], into: set[str]) -> None:
        storage = share_storage()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: storage.client.put_object(Bucket=storage.bucket_name, Key=key, Body=b"x"), keys))
        into.update(keys)


def reconcile_during_changes(world: World, later: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reconcile while the world goes on behind the listing's back, and look at what is left."""
    storage = share_storage()
    walk = storage.objects.walk

    def slow_walk() -> Iterator[StoredObject]:
        objects = list(walk())
        world.step()
        yield from objects

    stray, lost_keys = world.objects - world.live(), set(world.lost_keys)
    with monkeypatch.context() as patched:
        patched.setattr(storage.objects, "walk", slow_walk)
        report = reconcile.compare(now=timezone.now() + later)
    world.step()
    reconcile.remove(report)
    remaining_keys = {stored_object.key for stored_object in walk()}
    assert world.live() <= remaining_keys, f"live objects are gone (seed {SEED})"
    assert world.foreign <= remaining_keys
    still = set(SharedFile.objects.ready().values_list("key", flat=True))
    missing_keys = {file.key for file in report.missing}
    assert lost_keys & still <= missing_keys <= world.lost_keys, f"seed {SEED}"
    if later > GRACE:
        assert not stray & remaining_keys, f"orphans are left (seed {SEED})"
    else:
        assert not report.orphans, "what is younger than the grace period stays"
    world.objects &= remaining_keys


def histories(number: int, owner: User, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run ``number`` histories, many at a time; returns how many objects were removed in all."""
    dice, removed = random.Random(SEED), 0
    for _ in range(0, number, SHARES_PER_BATCH):
        world = World(owner, dice)
        for _ in range(ROUNDS):
            world.step()
            before = len(world.objects)
            reconcile_during_changes(world, dice.choice([timedelta(0), GRACE * 2, GRACE * 3]), monkeypatch)
            removed += max(0, before - len(world.objects))
        storage = share_storage()
        storage.objects.delete([stored_object.key for stored_object in storage.objects.walk()])
        Share.objects.all().delete()
    return removed


@pytest.mark.usefixtures("storage", "transactional_db")
def test_nothing_live_is_ever_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = User.objects.create(email="owner@example.com")
    removed = histories(HISTORIES, owner, monkeypatch)
    print(f"{HISTORIES} histories, {removed} orphans removed, seed {SEED}")
    assert removed


@pytest.mark.usefixtures("storage", "transactional_db")
def test_a_broken_reconciliation_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin of the rule."""

    def only_ready(keys: list[str]) -> set[str]:
        return set(SharedFile.objects.ready().filter(key__in=keys).values_list("key", flat=True))

    monkeypatch.setattr(reconcile, "_find_expected_keys", only_ready)
    owner = User.objects.create(email="owner@example.com")
    with pytest.raises(AssertionError, match="live objects are gone"):
        histories(300, owner, monkeypatch)
