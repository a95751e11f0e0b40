"""A storage that hangs: the site responds, downloads continue, and uploads resume by themselves afterwards.

``FAULT_ROUNDS`` sets the number of reads of each reader; ``make faults`` has more.
"""

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.site import Site
from tests.stack import Stack

SIGNERS, READERS = 16, 50
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
# What a machine that does much else may add to the seconds that are promised.
LENIENCE = 4.0
MIB = 1024 * 1024


@pytest.fixture
def site(stack: Stack, storage: None) -> Iterator[Site]:
    """With four threads, as in production."""
    new_site = Site(stack, "frozen")
    new_site.threads = 4
    with new_site.running():
        yield new_site


class Api:
    def __init__(self, site: Site) -> None:
        self.url = site.url
        self.token = site.token

    def post(self, path: str, body: Any) -> tuple[int, Any, int]:
        """Status, JSON and ``Retry-After``."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, json.load(response), 0
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), int(error.headers.get("Retry-After", "0"))


def timed(url: str) -> tuple[float, int]:
    started_at = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=120) as response:
            response.read()
            return time.monotonic() - started_at, int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            error.read()
            return time.monotonic() - started_at, error.code


def read(url: str) -> float:
    """p99 in seconds of ``READERS`` readers at once, who all get the page."""
    with ThreadPoolExecutor(READERS) as pool:
        timed_responses = list(pool.map(timed, [url] * READERS * ROUNDS))
    assert {status for _, status in timed_responses} == {200}
    return sorted(seconds for seconds, _ in timed_responses)[int(len(timed_responses) * 0.99) - 1]


class Signer(threading.Thread):
    """Asks for a part of a file that the store has to open first, until it gets one, as the sending page does."""

    def __init__(self, api: Api, file_id: str) -> None:
        super().__init__(daemon=True)
        self.api, self.file_id = api, file_id
        self.statuses: list[int] = []

    def run(self) -> None:
        part = {"number": 1, "checksum_sha256": b64encode(bytes(32)).decode()}
        while 200 not in self.statuses:
            status, _, wait = self.api.post(f"/uploads/{self.file_id}/parts", {"parts": [part]})
            self.statuses.append(status)
            if status != 200:
                assert wait > 0
                time.sleep(wait)


def test_a_frozen_storage_does_not_stop_the_site(site: Site, stack: Stack) -> None:
    api = Api(site)
    files = [{"name": f"{number}.bin", "size": 40 * MIB} for number in range(SIGNERS)]
    status, share, _ = api.post("/shares", {"files": files})
    assert status == 201
    page = f"{site.url}/share/{share['id']}"
    read(page)  # warm
    calm = read(page)
    signers = [Signer(api, slot["id"]) for slot in share["files"]]
    os.killpg(stack.storage.pid, signal.SIGSTOP)
    try:
        for signer in signers:
            signer.start()
        timings = {name: [timed(f"{site.url}/{name}") for _ in range(3)] for name in ("healthz", "readyz")}
        frozen = read(page)
        for name, samples in timings.items():
            samples += [timed(f"{site.url}/{name}") for _ in range(3)]
            print(f"{name}: {max(samples)[0] * 1000:.0f} ms at most")
        print(f"p99 of {READERS} readers: {calm * 1000:.0f} ms calm, {frozen * 1000:.0f} ms frozen")
        assert all(200 not in signer.statuses for signer in signers)
    finally:
        os.killpg(stack.storage.pid, signal.SIGCONT)
    for signer in signers:
        signer.join(120)
        assert signer.statuses[-1] == 200
        assert set(signer.statuses) <= {200, 503}
    assert {status for _, status in timings["healthz"]} == {200}
    assert timings["readyz"][-1][1] == 503
    assert max(max(name_samples)[0] for name_samples in timings.values()) < 1 + LENIENCE
    assert frozen < 2 * calm + LENIENCE
