"""A recipient that requests every file repeatedly while it is uploaded, and records the digest of what it receives."""

import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.site import Site
from tests.e2e.upload_page import fetch_files

PAUSE_SECONDS = 0.2


class Reader:
    """``digests``: SHA-256 of a share's file, by share id, from the first response that is no refusal."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.shares: set[str] = set()
        self.digests: dict[str, str] = {}
        self.refusals = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for share in self.shares - self.digests.keys():
                self._try(share)
            time.sleep(PAUSE_SECONDS)

    def _try(self, share: str) -> None:
        try:
            sums = list(fetch_files(self.site, share).values())
        except urllib.error.HTTPError as refusal:
            self.refusals += refusal.code == 409
        except (OSError, EOFError):
            pass  # The site or the storage is down, or went down in the middle of this file.
        else:
            if sums:
                self.digests[share] = sums[0]


@contextmanager
def reader(site: Site) -> Iterator[Reader]:
    recipient = Reader(site)
    thread = threading.Thread(target=recipient.run)
    thread.start()
    try:
        yield recipient
    finally:
        recipient.over.set()
        thread.join()
