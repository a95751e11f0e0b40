"""A client in place of the browser: uploads one file as the page does, by plain HTTP from a few threads.

It declares the file by ``POST /shares``; then each thread takes the next part, hashes it, requests its URL and PUTs
it to storage; at the end ``complete``. Each thread has one persistent connection to the site and another to storage.
"""

import hashlib
import json
import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Slot:
    file_id: str
    part_size: int
    parts: int


class Site:
    """The JSON API over one connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, path: str, body: Any) -> Any:
        self.connection.request("POST", f"/api/v1{path}", json.dumps(body).encode(), self.headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f"POST {path}: {response.status} {text[:500]!r}")
        return json.loads(text)


class Sender:
    """``storage_address`` is where part URLs must lead; a URL to another address stops the run."""

    def __init__(self, port: int, token: str, storage_address: str, concurrency: int) -> None:
        self.port, self.token, self.storage_address, self.concurrency = port, token, storage_address, concurrency

    def send(self, path: Path) -> str:
        """The id of the finished file."""
        site = Site(self.port, self.token)
        share = site.call("/shares", {"files": [{"name": path.name, "size": path.stat().st_size}]})
        (slot,) = [Slot(file["id"], file["part_size"], file["parts"]) for file in share["files"]]
        part_numbers: SimpleQueue[int] = SimpleQueue()
        for number in range(1, slot.parts + 1):
            part_numbers.put(number)
        failures: list[BaseException] = []
        with path.open("rb") as file:
            threads = [
                threading.Thread(target=self._send_parts, args=(slot, file.fileno(), part_numbers, failures))
                for _ in range(self.concurrency)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]
        site.call(f"/uploads/{slot.file_id}/complete", {})
        return slot.file_id

    def _send_parts(
        self, slot: Slot, file: int, part_numbers: "SimpleQueue[int]", failures: list[BaseException]
    ) -> None:
        site = Site(self.port, self.token)
        storage = HTTPConnection(self.storage_address, timeout=TIMEOUT_SECONDS)
        try:
            for number in iterate_queue(part_numbers):
                piece = os.pread(file, slot.part_size, (number - 1) * slot.part_size)
                digest = b64encode(hashlib.sha256(piece).digest()).decode()
                request = {"parts": [{"number": number, "checksum_sha256": digest}]}
                (part,) = site.call(f"/uploads/{slot.file_id}/parts", request)["parts"]
                put(storage, part["url"], part["headers"], piece)
        except (OSError, RuntimeError, ValueError) as failure:
            failures.append(failure)
        finally:
            storage.close()
            site.connection.close()


def iterate_queue(part_numbers: "SimpleQueue[int]") -> Iterator[int]:
    with suppress(Empty):
        while True:
            yield part_numbers.get_nowait()


def put(storage: HTTPConnection, url: str, headers: dict[str, str], piece: bytes) -> None:
    target = urlsplit(url)
    if target.netloc != f"{storage.host}:{storage.port}":
        raise RuntimeError(f"This part was to go to {target.netloc}, which is not the storage.")
    storage.request("PUT", f"{target.path}?{target.query}", piece, headers)
    response = storage.getresponse()
    text = response.read()
    if response.status != 200:
        raise RuntimeError(f"PUT of a part: {response.status} {text[:500]!r}")
