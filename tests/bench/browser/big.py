"""One large file, with each uploader in turn."""

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
    def measure(
        cls, path: Path, context: BrowserContext, url: str, opponent_url: str, rounds: int, methods: list[str]
    ) -> "Rounds":
        assert context.browser is not None
        result = cls(path.stat().st_size, {method: [] for method in methods})
        senders: dict[str, Callable[[], float]] = {
            "ours": lambda: result.by_page(context, url, path),
            "uppy": partial(uppy.send, context.browser, opponent_url, path),
            "boto3": partial(by_boto3, path),
        }
        for turn in range(rounds):
            for method in methods if turn % 2 else methods[::-1]:
                os.sync()  # What the last upload left for the disk is not this one's to wait for.
                result.seconds[method].append(senders[method]())
            site.delete_uploads()
        return result

    def by_page(self, context: BrowserContext, url: str, path: Path) -> float:
        timing = site.send(context, url, [path])
        self.longest = max(self.longest, timing.longest)
        return timing.seconds

    def ratio(self, method: str) -> float:
        """Throughput, ours/theirs."""
        pairs = zip(self.seconds["ours"], self.seconds[method], strict=True)
        return median(opponent_seconds / site_seconds for site_seconds, opponent_seconds in pairs)

    def summary(self) -> str:
        rates = {method: self.size / MIB / median(seconds) for method, seconds in self.seconds.items()}
        return ", ".join(f"{method} {rate:.0f} MiB/s" for method, rate in rates.items())


def by_boto3(path: Path) -> float:
    """As fast as boto3 does it here: over plain http it hashes each part for the signature, so no checksum on top."""
    parts = {"multipart_threshold": settings.PART_BYTES, "multipart_chunksize": settings.PART_BYTES}
    config = TransferConfig(**parts, max_concurrency=THREADS, preferred_transfer_client="classic")
    storage = share_storage()
    since = perf_counter()
    storage.client.upload_file(str(path), storage.bucket_name, "bench/boto3", Config=config)
    return perf_counter() - since
