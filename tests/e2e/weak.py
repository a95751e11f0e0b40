"""A bad line to the storage: it breaks each download every so many bytes, and a signed address works only so long."""

import re
import socket
import threading
import time
from contextlib import closing, suppress

_PIECE = 16 * 1024
_GONE = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
    b"<Error><Code>AccessDenied</Code></Error>      "
)


class WeakLine:
    """Stands before the storage at ``port``. ``breaks_after`` in bytes; an address lives ``life`` seconds from its
    first use, so that a test need not wait for the shortest life that the settings allow.
    """

    def __init__(self, storage_port: int, *, breaks_after: int, life: float) -> None:
        self.storage_port, self.breaks_after, self.life = storage_port, breaks_after, life
        self.breaks = self.refused = 0
        self.ranges: list[str] = []
        self._first_use: dict[bytes, float] = {}
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
                piece = near.recv(_PIECE)
                if not piece:
                    return
                head += piece
            if head.startswith(b"GET "):
                self._download(near, head)

    def _download(self, near: socket.socket, head: bytes) -> None:
        address, now = head.split(b" ", 2)[1], time.monotonic()
        if now - self._first_use.setdefault(address, now) > self.life:
            self.refused += 1
            near.sendall(_GONE)
            return
        found = re.search(rb"(?im)^range: *(.*)\r$", head)
        self.ranges.append(found[1].decode() if found else "")
        with closing(socket.create_connection(("127.0.0.1", self.storage_port))) as far:
            far.sendall(
                re.sub(rb"(?im)^connection:.*\r\n", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            )
            left = self.breaks_after
            while piece := far.recv(min(_PIECE, max(left, 1))):
                if left <= 0:
                    self.breaks += 1
                    # A reset, as a line that is gone gives it, not an end; what was sent before has arrived by then.
                    time.sleep(0.2)
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                near.sendall(piece)
                left -= len(piece)
