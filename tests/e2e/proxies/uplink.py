"""A slow uplink to the storage that all connections share, as at home; a test can cut it or remove its limit."""

import re
import socket
import threading
import time
from contextlib import closing, suppress

from tests.e2e.proxies.s3_proxy import RESET, S3Proxy

CHUNK_BYTES = 16 * 1024


class Uplink(S3Proxy):
    """Forwards ``rate`` bytes a second towards the storage, over all connections; None is no limit.

    ``transferred_bytes`` counts the bytes of parts, those that are sent again included.
    """

    def __init__(self, storage_port: int, *, rate: float | None) -> None:
        self.rate = rate
        self.transferred_bytes = 0
        self._free = 0.0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__(storage_port)
        # Bytes in buffers have left the browser and have not been transferred.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)

    def cut(self) -> None:
        """Reset every connection, as when a computer changes its network."""
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
            self.transferred_bytes += len(body)
        try:
            with closing(self.connect_upstream(head)) as upstream:
                self._carry(client, upstream, remaining)
                while piece := upstream.recv(CHUNK_BYTES):
                    client.sendall(piece)
        finally:
            with self._lock:
                self._open.discard(client)

    def _carry(self, client: socket.socket, upstream: socket.socket, remaining: int) -> None:
        while remaining > 0:
            piece = client.recv(min(CHUNK_BYTES, remaining))
            if not piece:
                raise ConnectionResetError
            remaining -= len(piece)
            self._wait(len(piece))
            upstream.sendall(piece)

    def _wait(self, size: int) -> None:
        with self._lock:
            self.transferred_bytes += size
            if self.rate is None:
                return
            self._free = max(self._free, time.monotonic()) + size / self.rate
            delay = self._free - time.monotonic()
        time.sleep(max(0.0, delay))
