"""The client of clamd: sends bytes with the INSTREAM command, and returns a verdict.

It knows neither shares nor files, and does not act on verdicts. It may import ``shares.errors``.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext_noop

CONNECT_SECONDS = 5
SEND_SECONDS = 60
# The scanner itself stops after its MaxScanTime, two minutes by default.
REPLY_SECONDS = 600
MAX_REPLY_BYTES = 4096
UNIX = "unix:"


class ScannerError(Exception):
    """There is no verdict, and an immediate retry would not get one; the message is for the person who waits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``signature`` is the name of a virus, empty without one; ``too_large`` means that the scanner did not scan."""

    signature: str = ""
    too_large: bool = False


def scan(address: str, chunks: Iterable[bytes]) -> Verdict:
    """Return the verdict of the scanner at ``host:port`` or ``unix:/path`` on these bytes.

    Raises ScannerError, and errors of reading the bytes.
    """
    try:
        with _connected(address) as line:
            _send(line, chunks)
            return _verdict(_read_reply(line))
    except OSError as error:
        raise ScannerError(gettext_noop("The virus scanner does not answer.")) from error


def _connected(address: str) -> socket.socket:
    if address.startswith(UNIX):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(CONNECT_SECONDS)
        try:
            line.connect(address.removeprefix(UNIX))
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS)


def _send(line: socket.socket, chunks: Iterable[bytes]) -> None:
    """Send each chunk after its length in four bytes; a length of zero ends the stream. The scanner closes the
    connection if a file is too large, after a message.
    """
    line.settimeout(SEND_SECONDS)
    source = iter(chunks)
    # Errors of reading the bytes are not suppressed: they are not the scanner's.
    with suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(b"zINSTREAM\0")
        for chunk in source:
            line.sendall(len(chunk).to_bytes(4, "big"))
            line.sendall(chunk)
        line.sendall(bytes(4))


def _read_reply(line: socket.socket) -> str:
    line.settimeout(REPLY_SECONDS)
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < MAX_REPLY_BYTES:
        chunk = line.recv(MAX_REPLY_BYTES)
        if not chunk:
            break
        reply += chunk
    return reply.rstrip(b"\0\n").decode("utf-8", "replace")


def _verdict(reply: str) -> Verdict:
    if reply == "stream: OK":
        return Verdict()
    if reply.startswith("stream: ") and reply.endswith(" FOUND"):
        return Verdict(signature=reply.removeprefix("stream: ").removesuffix(" FOUND")[:200])
    if "size limit exceeded" in reply:
        return Verdict(too_large=True)
    raise ScannerError(
        gettext_noop("The virus scanner answers with an error.")
        if reply
        else gettext_noop("The virus scanner closed the connection.")
    )
