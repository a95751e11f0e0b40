"""A bad line to the storage: it breaks each download every so many bytes, and a signed address works only so long."""

import re
import socket
import time
from contextlib import closing

from tests.e2e.proxies.s3_proxy import PIECE, RESET, Between

_ACCESS_DENIED = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
    b"<Error><Code>AccessDenied</Code></Error>      "
)


class WeakLine(Between):
    """``breaks_after`` in bytes; a signed URL works for ``url_seconds`` seconds from its
    first use, so that a test need not wait for the shortest life that the settings allow.
    """

    def __init__(self, storage_port: int, *, breaks_after: int, url_seconds: float) -> None:
        self.breaks_after, self.url_seconds = breaks_after, url_seconds
        self.breaks = self.refused = 0
        self.ranges: list[str] = []
        self._first_use: dict[bytes, float] = {}
        super().__init__(storage_port)

    def serve(self, client: socket.socket, head: bytes) -> None:
        if head.startswith(b"GET "):
            self._download(client, head)

    def _download(self, client: socket.socket, head: bytes) -> None:
        address, now = head.split(b" ", 2)[1], time.monotonic()
        if now - self._first_use.setdefault(address, now) > self.url_seconds:
            self.refused += 1
            client.sendall(_ACCESS_DENIED)
            return
        match = re.search(rb"(?im)^range: *(.*)\r$", head)
        self.ranges.append(match[1].decode() if match else "")
        with closing(self.ask(head)) as upstream:
            remaining = self.breaks_after
            while piece := upstream.recv(min(PIECE, max(remaining, 1))):
                if remaining <= 0:
                    self.breaks += 1
                    # A reset, as a line that is gone gives it, not an end; what was sent before has arrived by then.
                    time.sleep(0.2)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    return
                client.sendall(piece)
                remaining -= len(piece)
