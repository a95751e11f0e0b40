"""A recipient who cannot wait: asks for every file again and again while it is sent, and keeps what it was given."""

import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.site import Site
from tests.e2e.upload_page import fetched

PAUSE_SECONDS = 0.2


class Reader:
    """``got``: share id to the SHA-256 of its file, from the first answer that was no refusal. ``refusals`` counts."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.shares: set[str] = set()
        self.got: dict[str, str] = {}
        self.refusals = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for share in self.shares - self.got.keys():
                self._try(share)
            time.sleep(PAUSE_SECONDS)

    def _try(self, share: str) -> None:
        try:
            sums = list(fetched(self.site, share).values())
        except urllib.error.HTTPError as refusal:
            self.refusals += refusal.code == 409
        except (OSError, EOFError):
            pass  # the site or the storage is away, or went away in the middle of this file
        else:
            if sums:
                self.got[share] = sums[0]


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
