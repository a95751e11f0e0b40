"""A line to the storage that is slow, and breaks every so many seconds, in the middle of whatever comes over it."""

import random
import re
import socket
import threading
import time
from contextlib import closing, suppress

PIECE = 64 * 1024
RESET = b"\1\0\0\0\0\0\0\0"


class BreakingLine:
    """Stands before the storage at ``port``: ``rate`` bytes a second for each connection, and each is reset after about
    ``seconds``, give or take a quarter.
    """

    def __init__(self, storage_port: int, *, seconds: float, rate: float) -> None:
        self.storage_port, self.seconds, self.rate = storage_port, seconds, rate
        self.breaks = 0
        self.carried = 0
        self.answers: list[int] = []
        self._dice = random.Random(5)
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._serve, args=[near], daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with closing(near), suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = near.recv(PIECE)
                if not piece:
                    return
                head += piece
            # One request a connection, so that its end is the end of the answer.
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            with closing(socket.create_connection(("127.0.0.1", self.storage_port))) as far:
                far.sendall(head)
                self._carry(far, near)

    def _carry(self, far: socket.socket, near: socket.socket) -> None:
        start, sent = time.monotonic(), 0
        end = start + self.seconds * self._dice.uniform(0.75, 1.25)
        while piece := far.recv(PIECE):
            if not sent:
                self.answers.append(int(piece.split(b" ", 2)[1]))
            near.sendall(piece)
            sent += len(piece)
            with self._lock:
                self.carried += len(piece)
            time.sleep(max(0.0, start + sent / self.rate - time.monotonic()))
            if time.monotonic() > end:
                with self._lock:
                    self.breaks += 1
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
