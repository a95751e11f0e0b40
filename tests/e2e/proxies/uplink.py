"""A slow line to the storage that all connections share, as a home has it; it can be cut, and opened wide."""

import re
import socket
import threading
import time
from contextlib import closing, suppress

from tests.e2e.proxies.s3_proxy import RESET, Between

PIECE = 16 * 1024


class Uplink(Between):
    """Carries ``rate`` bytes a second towards the storage, all connections together; None is no limit.

    ``carried`` counts the bytes of parts that went over it, sent again or not.
    """

    def __init__(self, storage_port: int, *, rate: float | None) -> None:
        self.rate = rate
        self.carried = 0
        self._free = 0.0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(storage_port)
        # What lies in buffers has left the browser and has not gone over the line.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)

    def cut(self) -> None:
        """Every connection is gone, as when a computer changes its network."""
        with self._lock:
            for client in self._open:
                with suppress(OSError):
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    client.shutdown(socket.SHUT_RDWR)

    def serve(self, client: socket.socket, head: bytes) -> None:
        text, _, body = head.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: *(\d+)", text)
        remaining = int(length[1]) - len(body) if length else 0
        with self._lock:
            self._open.add(client)
            self.carried += len(body)
        try:
            with closing(self.ask(head)) as upstream:
                self._carry(client, upstream, remaining)
                while piece := upstream.recv(PIECE):
                    client.sendall(piece)
        finally:
            with self._lock:
                self._open.discard(client)

    def _carry(self, client: socket.socket, upstream: socket.socket, remaining: int) -> None:
        while remaining > 0:
            piece = client.recv(min(PIECE, remaining))
            if not piece:
                raise ConnectionResetError
            remaining -= len(piece)
            self._wait(len(piece))
            upstream.sendall(piece)

    def _wait(self, size: int) -> None:
        with self._lock:
            self.carried += size
            if self.rate is None:
                return
            self._free = max(self._free, time.monotonic()) + size / self.rate
            delay = self._free - time.monotonic()
        time.sleep(max(0.0, delay))
