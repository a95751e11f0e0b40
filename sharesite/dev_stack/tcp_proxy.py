"""A TCP proxy from an address that other machines reach to the S3 server, which listens on loopback only.

``python -m sharesite.dev_stack.tcp_proxy HOST PORT TARGET_PORT``. It forwards bytes and does not parse HTTP.
"""

import asyncio
import contextlib
import socket
import sys
from pathlib import Path
from typing import ClassVar

from sharesite.dev_stack.addresses import reachable_address
from sharesite.dev_stack.managed_process import ManagedProcess
from sharesite.dev_stack.site import PYTHON

CHUNK_BYTES = 256 * 1024
CONNECT_SECONDS = 5
BACKLOG = 100


class TcpProxy(ManagedProcess):
    name: ClassVar[str] = "gate"
    grace: ClassVar[float] = 1

    def __init__(self, folder: Path, *, host: str, port: int, target: int) -> None:
        super().__init__(folder, environment=PYTHON)
        self.host, self.port, self.target = host, port, target

    def command(self) -> list[str]:
        return [sys.executable, "-m", "sharesite.dev_stack.tcp_proxy", self.host, str(self.port), str(self.target)]

    def is_responding(self) -> bool:
        try:
            socket.create_connection((reachable_address(self.host), self.port), timeout=2).close()
        except OSError:
            return False
        return True


async def forward(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    """Forward one direction until its end, then close that direction; the other may still be open."""
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK_BYTES):
            drain.write(chunk)
            await drain.drain()
        drain.write_eof()


async def connect(target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        opening = asyncio.open_connection("127.0.0.1", target, limit=CHUNK_BYTES)
        target_reader, target_writer = await asyncio.wait_for(opening, CONNECT_SECONDS)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(forward(reader, target_writer), forward(target_reader, writer))
    finally:
        writer.close()
        target_writer.close()


async def serve(host: str, port: int, target: int) -> None:
    # asyncio itself would listen on :: for IPv6 alone, unlike the web server.
    is_dual_stack = host == "::" and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=is_dual_stack)
    server = await asyncio.start_server(
        lambda reader, writer: connect(target, reader, writer), sock=listening, limit=CHUNK_BYTES
    )
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
