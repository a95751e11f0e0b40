"""A slow proxy: every connection through it has a round trip of 40 ms and transfers at most 25 MB/s each way.

``python -m tests.bench.slow_proxy TARGET...`` runs it in a process of its own, so that it shares no interpreter with
the benchmark; it prints the port that leads to each target port. A new connection waits one round trip, as its
handshake would.
"""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RATE = 25_000_000
ONE_WAY = 0.020
CHUNK = 128 * 1024
# The bytes in flight in one direction: twice the product of rate and delay, so that the rate is reached.
WINDOW = 2 * int(RATE * ONE_WAY) + 2 * CHUNK


async def pour(source: socket.socket, drain: socket.socket) -> None:
    """Bytes from one end to the other: never faster than ``RATE``, each ``ONE_WAY`` later than it came."""
    loop = asyncio.get_running_loop()
    flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WINDOW // CHUNK)

    async def land() -> None:
        while True:
            due, piece = await flying.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                drain.shutdown(socket.SHUT_WR)
                return
            await loop.sock_sendall(drain, piece)

    landing = asyncio.create_task(land())
    free = time.monotonic()
    try:
        while True:
            piece = await loop.sock_recv(source, CHUNK)
            free = max(free, time.monotonic()) + len(piece) / RATE
            await flying.put((free + ONE_WAY, piece))
            if not piece:
                await landing
                return
            await asyncio.sleep(max(0.0, free - time.monotonic()))
    finally:
        landing.cancel()


async def connect(client: socket.socket, target: int) -> None:
    upstream = socket.socket()
    try:
        for end in (client, upstream):
            end.settimeout(0)
        await asyncio.sleep(2 * ONE_WAY)
        await asyncio.get_running_loop().sock_connect(upstream, ("127.0.0.1", target))
        for end in (client, upstream):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            await asyncio.gather(pour(client, upstream), pour(upstream, client))
    except OSError:
        pass  # The browser sees a cut connection.
    finally:
        client.close()
        upstream.close()


async def serve(listener: socket.socket, target: int) -> None:
    tasks = set()
    while True:
        client, _ = await asyncio.get_running_loop().sock_accept(listener)
        task = asyncio.create_task(connect(client, target))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def main(targets: list[int]) -> None:
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in targets]
    for listener in listeners:
        listener.settimeout(0)
    print(*(listener.getsockname()[1] for listener in listeners), flush=True)
    await asyncio.gather(*(serve(listener, target) for listener, target in zip(listeners, targets, strict=True)))


@contextmanager
def line(*targets: int) -> Iterator[list[int]]:
    """The ports that lead to ``targets`` through the proxy."""
    command = [sys.executable, "-m", "tests.bench.slow_proxy", *map(str, targets)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield [int(port) for port in process.stdout.readline().split()]
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main([int(argument) for argument in sys.argv[1:]]))
