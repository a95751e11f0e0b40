"""A proxy to the storage that is slow and breaks every connection after some seconds, in the middle of a response."""

import random
import socket
import threading
import time
from contextlib import closing

from tests.e2e.proxies.s3_proxy import RESET, S3Proxy

CHUNK_BYTES = 64 * 1024


class BreakingProxy(S3Proxy):
    """Forwards ``rate`` bytes a second for each connection, and resets each after ``seconds``, plus or minus 25%."""

    def __init__(self, storage_port: int, *, seconds: float, rate: float) -> None:
        self.seconds, self.rate = seconds, rate
        self.breaks = 0
        self.transferred_bytes = 0
        self.statuses: list[int] = []
        self._dice = random.Random(5)
        self._lock = threading.Lock()
        super().__init__(storage_port)

    def serve(self, client: socket.socket, head: bytes) -> None:
        with closing(self.connect_upstream(head)) as upstream:
            self._carry(upstream, client)

    def _carry(self, upstream: socket.socket, client: socket.socket) -> None:
        start, sent_bytes = time.monotonic(), 0
        end = start + self.seconds * self._dice.uniform(0.75, 1.25)
        while piece := upstream.recv(CHUNK_BYTES):
            if not sent_bytes:
                self.statuses.append(int(piece.split(b" ", 2)[1]))
            client.sendall(piece)
            sent_bytes += len(piece)
            with self._lock:
                self.transferred_bytes += len(piece)
            time.sleep(max(0.0, start + sent_bytes / self.rate - time.monotonic()))
            if time.monotonic() > end:
                with self._lock:
                    self.breaks += 1
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
