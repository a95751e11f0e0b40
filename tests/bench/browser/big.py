"""One large file, by each way in turn."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from boto3.s3.transfer import TransferConfig
from django.conf import settings
from playwright.sync_api import BrowserContext

from shares.storage import share_storage
from tests.bench.browser import site, uppy

MIB = 1024 * 1024
THREADS = 8


@dataclass
class Rounds:
    """Seconds of each way, one a round; ``longest`` task of the page's main thread in ms over all rounds."""

    size: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    longest: float = 0

    @classmethod
    def of(cls, path: Path, context: BrowserContext, url: str, other: str, rounds: int, ways: list[str]) -> "Rounds":
        assert context.browser is not None
        found = cls(path.stat().st_size, {way: [] for way in ways})
        deeds: dict[str, Callable[[], float]] = {
            "ours": lambda: found.by_page(context, url, path),
            "uppy": partial(uppy.send, context.browser, other, path),
            "boto3": partial(by_boto3, path),
        }
        for turn in range(rounds):
            for way in ways if turn % 2 else ways[::-1]:
                os.sync()  # What the last upload left for the disk is not this one's to wait for.
                found.seconds[way].append(deeds[way]())
            site.forget()
        return found

    def by_page(self, context: BrowserContext, url: str, path: Path) -> float:
        sent = site.send(context, url, [path])
        self.longest = max(self.longest, sent.longest)
        return sent.seconds

    def ratio(self, way: str) -> float:
        """Throughput, ours/theirs."""
        pairs = zip(self.seconds["ours"], self.seconds[way], strict=True)
        return median(theirs / mine for mine, theirs in pairs)

    def told(self) -> str:
        rates = {way: self.size / MIB / median(seconds) for way, seconds in self.seconds.items()}
        return ", ".join(f"{way} {rate:.0f} MiB/s" for way, rate in rates.items())


def by_boto3(path: Path) -> float:
    """As fast as boto3 does it here: over plain http it hashes each part for the signature, so no checksum on top."""
    parts = {"multipart_threshold": settings.PART_BYTES, "multipart_chunksize": settings.PART_BYTES}
    config = TransferConfig(**parts, max_concurrency=THREADS, preferred_transfer_client="classic")
    storage = share_storage()
    since = perf_counter()
    storage.client.upload_file(str(path), storage.bucket_name, "bench/boto3", Config=config)
    return perf_counter() - since
