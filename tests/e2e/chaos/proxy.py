"""A proxy between browser and storage that interrupts the parts of each object at random positions and counts bytes."""

import asyncio
import queue
import random
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

CHUNK = 64 * 1024
PART = re.compile(rb"^PUT /[^/ ]+/(u/[0-9a-f]{32}(?:/[0-9a-f]{32})?)\?\S*partNumber=")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ERROR_RESPONSES = {"500": (b"500 Internal Server Error", b"InternalError"), "503": (b"503 Slow Down", b"SlowDown")}
# What the proxy does to one request, and what the test does to the whole page for it.
SINGLE = ("reset", "hang", "500", "503", "slow")
WHOLE = ("offline", "reload")
SLOW_SECONDS = 3.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Transfer:
    """The upload of one object: bytes of bodies so far, and at how many bytes each cut is due."""

    due: list[tuple[int, str]]
    sent_bytes: int = 0
    cuts_made: list[str] = field(default_factory=list)
    action_done: asyncio.Event = field(default_factory=asyncio.Event)

    def pop(self) -> str:
        """The cut that is due by now, if any."""
        if not self.due or self.sent_bytes < self.due[0][0]:
            return ""
        self.cuts_made.append(self.due.pop(0)[1])
        return self.cuts_made[-1]


class ChaosProxy:
    """``plan_cuts()`` returns the cuts for each new object. The test performs each ``(key, kind)`` of ``page_actions``
    and calls ``confirm_action(key)``. ``rate`` is bytes a second over all connections; None is no limit.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.plan_cuts: Callable[[], list[tuple[int, str]]] = list
        self.rate: float | None = None
        self.transfers: dict[str, Transfer] = {}
        self.page_actions: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        listener = socket.create_server(("127.0.0.1", 0))
        # Bytes in the system's buffers have left the browser and are not counted yet: keep them few.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        self.port: int = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()

    def confirm_action(self, key: str) -> None:
        self._loop.call_soon_threadsafe(self.transfers[key].action_done.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, listener: socket.socket) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=listener, limit=4 * CHUNK))
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target, limit=4 * CHUNK)
            while await self._exchange((reader, writer), (upstream_reader, upstream)):
                pass
        for end in (writer, upstream):
            if end is not None and not end.transport.is_closing():
                end.transport.abort()

    async def _exchange(self, client: Streams, upstream: Streams) -> bool:
        """Forward one request and its response; false when the connection cannot be used again."""
        head = await client[0].readuntil(b"\r\n\r\n")
        upstream[1].write(head)
        part = PART.match(head)
        transfer = None
        if part:
            transfer = self.transfers.get(part[1].decode()) or self.transfers.setdefault(
                part[1].decode(), Transfer(self.plan_cuts())
            )
        cut = await self._pour(client[0], upstream[1], length(head), transfer, part[1].decode() if part else "")
        if cut in ERROR_RESPONSES:
            await respond(client[1], *ERROR_RESPONSES[cut])
        if cut in {"reset", "hang", *ERROR_RESPONSES}:
            return False
        return await relay(upstream[0], client[1], bodiless=head.startswith(b"HEAD"))

    async def _pour(
        self,
        client: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
        remaining: int,
        transfer: Transfer | None,
        key: str,
    ) -> str:
        """Forward the body; returns the cut that ended it, if any. A rejected body is read to its end."""
        refusal = ""
        slow_until = 0.0
        while remaining:
            slow = self._loop.time() < slow_until
            piece = await client.read(min(remaining, 1000 if slow else CHUNK))
            if not piece:
                raise asyncio.IncompleteReadError(b"", remaining)
            remaining -= len(piece)
            await self._pace(len(piece), slow=slow)
            if not refusal:
                upstream.write(piece)
                await upstream.drain()
            cut = await self._cut(transfer, key, len(piece)) if transfer and not refusal else ""
            if transfer and refusal:
                transfer.sent_bytes += len(piece)
            if cut in {"reset", "hang"}:
                return cut
            if cut == "slow":
                slow_until = self._loop.time() + SLOW_SECONDS
            refusal = refusal or (cut if cut in ERROR_RESPONSES else "")
        return refusal

    async def _pace(self, size: int, *, slow: bool) -> None:
        if slow:
            await asyncio.sleep(size / 10_000)
        if self.rate:
            async with self._turn:
                await asyncio.sleep(size / self.rate)

    async def _cut(self, transfer: Transfer, key: str, size: int) -> str:
        """The cut that is due after ``size`` more bytes, after its delay."""
        transfer.sent_bytes += size
        cut = transfer.pop()
        if cut in WHOLE:
            transfer.action_done.clear()
            self.page_actions.put((key, cut))
            await transfer.action_done.wait()
        elif cut == "hang":
            await asyncio.sleep(30)
        return cut


async def respond(writer: asyncio.StreamWriter, status: bytes, code: bytes) -> None:
    body = b"<Error><Code>" + code + b"</Code><Message>at random</Message></Error>"
    head = (
        b"HTTP/1.1 " + status + b"\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    )
    writer.write(head % len(body) + body)
    await writer.drain()
    writer.write_eof()
    await asyncio.sleep(0.1)


async def relay(upstream: asyncio.StreamReader, client: asyncio.StreamWriter, *, bodiless: bool) -> bool:
    head = await upstream.readuntil(b"\r\n\r\n")
    client.write(head)
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        while (size := await upstream.readuntil(b"\r\n")) and int(size, 16):
            client.write(size + await upstream.readexactly(int(size, 16) + 2))
        client.write(size + await upstream.readexactly(2))
    remaining = 0 if bodiless else length(head)
    while remaining:
        piece = await upstream.read(min(remaining, CHUNK))
        if not piece:
            return False
        remaining -= len(piece)
        client.write(piece)
        await client.drain()
    await client.drain()
    if b"\r\nconnection: close" not in head.lower():
        return True
    client.close()  # Aborting it would discard the bytes that a slow reader has not read yet.
    await client.wait_closed()
    return False


def length(head: bytes) -> int:
    match = LENGTH.search(head)
    return int(match[1]) if match else 0


def plan_cuts(dice: random.Random, *, cuts: int, size: int) -> list[tuple[int, str]]:
    """``cuts`` cuts at random positions of the first ``size`` bytes."""
    return sorted((dice.randrange(size), dice.choice(SINGLE + WHOLE)) for _ in range(cuts))
