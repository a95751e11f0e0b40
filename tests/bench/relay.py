"""A TCP relay that counts: put before a server, or between two, it counts the bytes in both directions."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65536


class Relay:
    """``port`` leads to ``target`` on loopback; ``bytes`` is the sum of both directions over all connections so far."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.bytes = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        # A thread that waits in accept() is woken by the first, not by the second.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                upstream = socket.create_connection(("127.0.0.1", self.target))
                for source, drain in [(client, upstream), (upstream, client)]:
                    drain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pour, args=(source, drain), daemon=True).start()

    def _pour(self, source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(CHUNK):
                with self._lock:
                    self.bytes += len(piece)
                drain.sendall(piece)
            drain.shutdown(socket.SHUT_WR)


@contextmanager
def relay(target: int) -> Iterator[Relay]:
    tcp_relay = Relay(target)
    try:
        yield tcp_relay
    finally:
        tcp_relay.close()
