"""One file through the uploader's protocol against boto3's transfer manager, to the same storage, in the same run.

Both send 16 MiB parts, five at a time, and hash every part once with SHA-256. A relay before the site and one between
the site and the storage count every byte of the site's traffic: the bytes of the file would be visible there.
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
CONCURRENCY = 5
BOTO3_KEY = "bench/boto3"
# Signing costs about 2 KiB a part, there and back; a single part through the site would be 16,384 KiB.
CONTROL_KIB_A_PART = 8


@dataclass
class UploadRounds:
    """``site_seconds`` and ``boto3_seconds`` by round; ``site_bytes`` is all traffic of the site."""

    size: int
    site_seconds: list[float] = field(default_factory=list)
    boto3_seconds: list[float] = field(default_factory=list)
    site_bytes: int = 0
    grown_bytes: int = 0
    file_id: str = ""

    @property
    def parts(self) -> int:
        return -(-self.size // settings.PART_BYTES)

    @property
    def ratio(self) -> float:
        """Throughput, ours/boto3."""
        return statistics.median(
            boto3_seconds / site_seconds
            for site_seconds, boto3_seconds in zip(self.site_seconds, self.boto3_seconds, strict=True)
        )

    def rate(self, seconds: list[float]) -> float:
        """In MiB a second."""
        return self.size / MIB / statistics.median(seconds)


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    stack.need(stack.storage)
    call_command("migrate", verbosity=0)
    share_storage().setup([settings.SITE_URL])
    result = run(stack, size=(256 if short else 1024) * MIB, rounds=3 if short else 5)
    kib = result.site_bytes / len(result.site_seconds) / 1024
    print(
        f"{result.size // MIB} MiB in {result.parts} parts, {CONCURRENCY} at a time: "
        f"{result.rate(result.site_seconds):.0f} MiB/s against {result.rate(result.boto3_seconds):.0f} MiB/s; "
        f"a file cost the site {kib:.0f} KiB of traffic in all, 0 bytes of the file"
    )
    return [
        Figure("upload / boto3's transfer manager", result.ratio, 0.9),
        Figure("all traffic of the site for a part", kib / result.parts, CONTROL_KIB_A_PART, "KiB", at_most=True),
        Figure("memory the site grows by", result.grown_bytes / MIB, 20, "MiB", at_most=True),
    ]


def run(stack: Stack, *, size: int, rounds: int) -> UploadRounds:
    result = UploadRounds(size)
    owner = User.objects.create_user("uploads@example.com", quota_bytes=size * (rounds + 2))
    token = tokens.issue(user=owner, scopes=["read", "write"], days=1, name="bench", now=timezone.now())
    path = write_random_file(stack.folder / "upload.bin", size)
    with (
        relay(stack.storage.ports["s3"]) as behind,
        serving(stack, S3_ENDPOINT_URL=behind.url) as web,
        relay(web.port) as before,
    ):
        sender = Sender(before.port, token, f"127.0.0.1:{stack.storage.ports['s3']}", CONCURRENCY)
        # The first upload of a process loads what it needs; that is no growth.
        warm = write_random_file(stack.folder / "warm.bin", settings.PART_BYTES + 1)
        sender.send(warm)
        by_boto3(warm)
        compare(result, sender, path, rounds, [before, behind], web)
    path.unlink()
    return result


def compare(result: UploadRounds, sender: Sender, path: Path, rounds: int, relays: list[Relay], web: Web) -> None:
    def send_file() -> None:
        result.file_id = sender.send(path)

    before, bytes_before = memory(web), sum(hop.bytes for hop in relays)
    with track_peak(lambda: memory(web)) as peak:
        for turn in range(rounds):
            uploads = [(send_file, result.site_seconds), (lambda: by_boto3(path), result.boto3_seconds)]
            for upload, seconds in uploads if turn % 2 else uploads[::-1]:
                seconds.append(timed(upload))
            if turn + 1 < rounds:
                delete_upload(result.file_id)
    result.grown_bytes, result.site_bytes = peak[0] - before, sum(hop.bytes for hop in relays) - bytes_before


def by_boto3(path: Path) -> None:
    """As fast as boto3 does it here: over plain http it hashes each part for the signature, so no checksum on top."""
    parts = {"multipart_threshold": settings.PART_BYTES, "multipart_chunksize": settings.PART_BYTES}
    config = TransferConfig(**parts, max_concurrency=CONCURRENCY, preferred_transfer_client="classic")
    storage = share_storage()
    storage.client.upload_file(str(path), storage.bucket_name, BOTO3_KEY, Config=config)


def timed(upload: Callable[[], None]) -> float:
    os.sync()  # What the last upload left for the disk is not this one's to wait for.
    start = time.perf_counter()
    upload()
    return time.perf_counter() - start


def write_random_file(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return path


def delete_upload(file_id: str) -> None:
    """Free the space: a storage that fills up is not comparable."""
    deleted = share_storage().objects.delete([SharedFile.objects.get(pk=file_id).key, BOTO3_KEY])
    assert not deleted.failed, deleted.failed


@contextmanager
def track_peak(read_value: Callable[[], int]) -> Iterator[list[int]]:
    """The highest result of ``read_value``, called ten times a second, in a list of one."""
    peak, stop = [read_value()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            peak[0] = max(peak[0], read_value())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()
