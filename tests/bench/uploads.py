"""One file through the uploader's protocol against boto3's transfer manager, to the same store, in the same run.

Both cut it into 16 MiB parts, send five at a time and hash every part once with SHA-256. A relay before the site and
one between the site and the store count every byte the site exchanges with either: file bytes would show there.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from shares.models import SharedFile, User
from shares.services.accounts import tokens
from shares.storage import share_storage
from sharesite.dev_stack.site import Web
from tests.bench.figures import Figure
from tests.bench.relay import Relay, relay
from tests.bench.sender import Sender
from tests.bench.site import memory, serving
from tests.stack import Stack

MIB = 1024 * 1024
LANES = 5
BOTO3_KEY = "bench/boto3"
# Signing costs about 2 KiB a part, there and back; a single part through the site would be 16,384 KiB.
CONTROL_KIB_A_PART = 8


@dataclass
class Sent:
    """``ours`` and ``boto3`` in seconds, one a round; ``through`` in bytes, ``grown`` in bytes."""

    size: int
    ours: list[float] = field(default_factory=list)
    boto3: list[float] = field(default_factory=list)
    through: int = 0
    grown: int = 0
    file_id: str = ""

    @property
    def parts(self) -> int:
        return -(-self.size // settings.PART_BYTES)

    @property
    def ratio(self) -> float:
        """Throughput, ours/boto3."""
        return statistics.median(theirs / mine for mine, theirs in zip(self.ours, self.boto3, strict=True))

    def rate(self, seconds: list[float]) -> float:
        """In MiB a second."""
        return self.size / MIB / statistics.median(seconds)


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    stack.need(stack.storage)
    call_command("migrate", verbosity=0)
    share_storage().setup([settings.SITE_URL])
    sent = run(stack, size=(256 if short else 1024) * MIB, rounds=3 if short else 5)
    kib = sent.through / len(sent.ours) / 1024
    print(
        f"{sent.size // MIB} MiB in {sent.parts} parts, {LANES} at a time: {sent.rate(sent.ours):.0f} MiB/s against "
        f"{sent.rate(sent.boto3):.0f} MiB/s; a file cost the site {kib:.0f} KiB of traffic in all, 0 bytes of the file"
    )
    return [
        Figure("upload / boto3's transfer manager", sent.ratio, 0.9),
        Figure("all traffic of the site for a part", kib / sent.parts, CONTROL_KIB_A_PART, "KiB", at_most=True),
        Figure("memory the site grows by", sent.grown / MIB, 20, "MiB", at_most=True),
    ]


def run(stack: Stack, *, size: int, rounds: int) -> Sent:
    sent = Sent(size)
    owner = User.objects.create_user("uploads@example.com", quota_bytes=size * (rounds + 2))
    token = tokens.issue(user=owner, scopes=["read", "write"], days=1, name="bench", now=timezone.now())
    path = written(stack.folder / "upload.bin", size)
    with (
        relay(stack.storage.ports["s3"]) as behind,
        serving(stack, S3_ENDPOINT_URL=behind.url) as web,
        relay(web.port) as before,
    ):
        sender = Sender(before.port, token, f"127.0.0.1:{stack.storage.ports['s3']}", LANES)
        # The first upload of a process loads what it needs; that is no growth.
        warm = written(stack.folder / "warm.bin", settings.PART_BYTES + 1)
        sender.send(warm)
        by_boto3(warm)
        compare(sent, sender, path, rounds, [before, behind], web)
    path.unlink()
    return sent


def compare(sent: Sent, sender: Sender, path: Path, rounds: int, relays: list[Relay], web: Web) -> None:
    def ours() -> None:
        sent.file_id = sender.send(path)

    before, counted = memory(web), sum(one.bytes for one in relays)
    with highest(lambda: memory(web)) as peak:
        for turn in range(rounds):
            ways = [(ours, sent.ours), (lambda: by_boto3(path), sent.boto3)]
            for way, seconds in ways if turn % 2 else ways[::-1]:
                seconds.append(timed(way))
            if turn + 1 < rounds:
                forget(sent.file_id)
    sent.grown, sent.through = peak[0] - before, sum(one.bytes for one in relays) - counted


def by_boto3(path: Path) -> None:
    """As fast as boto3 does it here: over plain http it hashes each part for the signature, so no checksum on top."""
    parts = {"multipart_threshold": settings.PART_BYTES, "multipart_chunksize": settings.PART_BYTES}
    config = TransferConfig(**parts, max_concurrency=LANES, preferred_transfer_client="classic")
    storage = share_storage()
    storage.client.upload_file(str(path), storage.bucket_name, BOTO3_KEY, Config=config)


def timed(way: Callable[[], None]) -> float:
    os.sync()  # What the last upload left for the disk is not this one's to wait for.
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def written(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return path


def forget(file_id: str) -> None:
    """Make room: a store that fills up is another store."""
    deleted = share_storage().delete_batch([SharedFile.objects.get(pk=file_id).key, BOTO3_KEY])
    assert not deleted.failed, deleted.failed


@contextmanager
def highest(look: Callable[[], int]) -> Iterator[list[int]]:
    """The highest of what ``look`` finds, ten times a second, in a list of one."""
    found, done = [look()], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            found[0] = max(found[0], look())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()
