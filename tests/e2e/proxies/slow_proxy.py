"""A line to the storage that is slow, and breaks every so many seconds, in the middle of whatever comes over it."""

import random
import socket
import threading
import time
from contextlib import closing

from tests.e2e.proxies.s3_proxy import RESET, Between

PIECE = 64 * 1024


class BreakingLine(Between):
    """Carries ``rate`` bytes a second for each connection, and each is reset after about
    ``seconds``, give or take a quarter.
    """

    def __init__(self, storage_port: int, *, seconds: float, rate: float) -> None:
        self.seconds, self.rate = seconds, rate
        self.breaks = 0
        self.carried = 0
        self.statuses: list[int] = []
        self._dice = random.Random(5)
        self._lock = threading.Lock()
        super().__init__(storage_port)

    def serve(self, client: socket.socket, head: bytes) -> None:
        with closing(self.ask(head)) as upstream:
            self._carry(upstream, client)

    def _carry(self, upstream: socket.socket, client: socket.socket) -> None:
        start, sent_bytes = time.monotonic(), 0
        end = start + self.seconds * self._dice.uniform(0.75, 1.25)
        while piece := upstream.recv(PIECE):
            if not sent_bytes:
                self.statuses.append(int(piece.split(b" ", 2)[1]))
            client.sendall(piece)
            sent_bytes += len(piece)
            with self._lock:
                self.carried += len(piece)
            time.sleep(max(0.0, start + sent_bytes / self.rate - time.monotonic()))
            if time.monotonic() > end:
                with self._lock:
                    self.breaks += 1
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
