"""A proxy that breaks each download after a number of bytes, and lets each signed URL expire early."""

import re
import socket
import time
from contextlib import closing

from tests.e2e.proxies.s3_proxy import CHUNK_BYTES, RESET, S3Proxy

_ACCESS_DENIED = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
    b"<Error><Code>AccessDenied</Code></Error>      "
)


class FlakyProxy(S3Proxy):
    """``breaks_after`` in bytes. A signed URL works for ``url_seconds`` from its first use: the settings allow no
    lifetime as short as that.
    """

    def __init__(self, storage_port: int, *, breaks_after: int, url_seconds: float) -> None:
        self.breaks_after, self.url_seconds = breaks_after, url_seconds
        self.breaks = self.refused_requests = 0
        self.ranges: list[str] = []
        self._first_use: dict[bytes, float] = {}
        super().__init__(storage_port)

    def serve(self, client: socket.socket, head: bytes) -> None:
        if head.startswith(b"GET "):
            self._download(client, head)

    def _download(self, client: socket.socket, head: bytes) -> None:
        address, now = head.split(b" ", 2)[1], time.monotonic()
        if now - self._first_use.setdefault(address, now) > self.url_seconds:
            self.refused_requests += 1
            client.sendall(_ACCESS_DENIED)
            return
        match = re.search(rb"(?im)^range: *(.*)\r$", head)
        self.ranges.append(match[1].decode() if match else "")
        with closing(self.connect_upstream(head)) as upstream:
            remaining = self.breaks_after
            while piece := upstream.recv(min(CHUNK_BYTES, max(remaining, 1))):
                if remaining <= 0:
                    self.breaks += 1
                    # A reset, as from an interrupted network; what was sent before has arrived by then.
                    time.sleep(0.2)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return
                client.sendall(piece)
                remaining -= len(piece)
