"""The base of the proxies before storage: each connection carries one request, whose head is read first."""

import re
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import closing, suppress

CHUNK_BYTES = 16 * 1024
# A socket that is closed with this option sends a reset, as an interrupted network does, and not an orderly end.
RESET = b"\1\0\0\0\0\0\0\0"


class S3Proxy(ABC):
    """Listens at ``port`` and forwards to the storage."""

    def __init__(self, storage_port: int) -> None:
        self.storage_port = storage_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    @abstractmethod
    def serve(self, client: socket.socket, head: bytes) -> None:
        """Respond to one request; ``client`` is closed afterwards."""

    def connect_upstream(self, head: bytes) -> socket.socket:
        """A connection to the storage on which ``head`` is sent; it is closed after the response."""
        upstream = socket.create_connection(("127.0.0.1", self.storage_port))
        head = re.sub(rb"(?im)^connection:.*\r\n", b"", head)
        upstream.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        return upstream

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._listen, args=[client], daemon=True).start()

    def _listen(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(CHUNK_BYTES)
                if not piece:
                    return
                head += piece
            self.serve(client, head)
