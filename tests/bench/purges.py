"""The purge of expired one-file shares against the storage's own ``DeleteObjects`` for as many equal objects.

Every round creates both sets and measures one after the other: ``purge.sweep`` as the worker runs it, and bare calls
of 1,000 keys each through the same client. The ratio of a round is the sweep's rate over that of the calls.
"""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shares.models import Event, Share, SharedFile, Upload, User
from shares.models.ids import new_key
from shares.services.maintenance import purge
from shares.storage import share_storage
from tests.bench.figures import Figure
from tests.stack import Stack

BODY = b"a small object"
KEYS_A_CALL = 1_000
WRITERS = 8


@dataclass
class Purged:
    """Seconds, one a round."""

    number: int
    sweep: list[float] = field(default_factory=list)
    store: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(bare / whole for whole, bare in zip(self.sweep, self.store, strict=True))

    def rate(self, seconds: list[float]) -> float:
        """Objects a second."""
        return self.number / statistics.median(seconds)


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    stack.need(stack.storage)
    call_command("migrate", verbosity=0)
    share_storage().setup([settings.SITE_URL])
    purged = run(number=5_000 if short else 10_000, rounds=3 if short else 5)
    print(
        f"{purged.number} shares: purged at {purged.rate(purged.sweep):.0f}/s, "
        f"bare DeleteObjects at {purged.rate(purged.store):.0f}/s"
    )
    return [Figure("purge / bare DeleteObjects", purged.ratio, 0.7)]


def run(*, number: int, rounds: int) -> Purged:
    purged = Purged(number)
    owner = User.objects.create_user("purges@example.com", quota_files=number)
    for turn in range(rounds):
        shares = expired(owner, number)
        keys = list(SharedFile.objects.filter(share__in=shares).values_list("key", flat=True))
        other_keys = [new_key() for _ in keys]
        store([*keys, *other_keys])
        for method in ("sweep", "store") if turn % 2 else ("store", "sweep"):
            start = time.perf_counter()
            if method == "sweep":
                result = purge.sweep(now=timezone.now())
            else:
                delete(other_keys)
            getattr(purged, method).append(time.perf_counter() - start)
        assert (result.shares, result.files, result.failed) == (number, number, {}), result
        assert (
            Event.objects.filter(kind=Event.Kind.PURGED, share_id__in=[share.pk for share in shares]).count() == number
        )
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (0, 0)
    return purged


def expired(owner: User, number: int) -> list[Share]:
    """Shares past their grace, as an upload leaves them: one ready file each, its upload's row, its quota taken."""
    now = timezone.now()
    expires_at, created_at = now - timedelta(seconds=settings.GRACE_SECONDS, minutes=1), now - timedelta(days=9)
    shares = [
        Share(owner=owner, created_at=created_at, expires_at=expires_at, live_at=created_at) for _ in range(number)
    ]
    Share.objects.bulk_create(shares)
    files = [
        SharedFile(share=share, name="a.txt", size=len(BODY), created_at=created_at, ready_at=created_at)
        for share in shares
    ]
    SharedFile.objects.bulk_create(files)
    Upload.objects.bulk_create(
        [Upload(file=file, storage_id="done", part_size=2**24, touched_at=created_at) for file in files]
    )
    assert User.objects.reserve(owner.pk, size=len(BODY) * number, files=number)
    with connection.cursor() as cursor:
        # A database in service has looked at its tables; this one has had no time to.
        cursor.execute("ANALYZE")
    return shares


def store(keys: Sequence[str]) -> None:
    storage = share_storage()

    def put(key: str) -> None:
        storage.client.put_object(Bucket=storage.bucket_name, Key=key, Body=BODY)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(put, keys))


def delete(keys: Sequence[str]) -> None:
    storage = share_storage()
    for start in range(0, len(keys), KEYS_A_CALL):
        objects = [{"Key": key} for key in keys[start : start + KEYS_A_CALL]]
        reply = storage.client.delete_objects(Bucket=storage.bucket_name, Delete={"Objects": objects})
        assert len(reply["Deleted"]) == len(objects)
