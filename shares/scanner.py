"""The virus scanner: bytes go to a clamd in its INSTREAM command, a verdict comes back.

Not here: what a verdict means. Knows bytes, never a share or a file. May import: errors.
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext_noop

CONNECT_SECONDS = 5
SEND_SECONDS = 60
# The scanner itself gives a file up after its MaxScanTime, two minutes unless it was told otherwise.
ANSWER_SECONDS = 600
MAX_ANSWER_BYTES = 4096
UNIX = "unix:"


class Trouble(Exception):
    """No verdict, and none to be had from asking at once again; says why, in words for whoever waits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``found`` names what was found, empty for nothing; ``too_large``: the scanner did not look."""

    found: str = ""
    too_large: bool = False


def scan(address: str, pieces: Iterable[bytes]) -> Verdict:
    """What the scanner at ``host:port`` or ``unix:/path`` says of these bytes. Raises Trouble, and whatever they do."""
    try:
        with _connected(address) as line:
            _send(line, pieces)
            return _verdict(_answer(line))
    except OSError as error:
        raise Trouble(gettext_noop("The virus scanner does not answer.")) from error


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


def _send(line: socket.socket, pieces: Iterable[bytes]) -> None:
    """Each piece after its length in four bytes; none ends it. It hangs up on more than it takes, and says so first."""
    line.settimeout(SEND_SECONDS)
    source = iter(pieces)
    # Not suppressed around ``next``: what goes wrong with the bytes themselves is not the scanner's.
    with suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(b"zINSTREAM\0")
        for piece in source:
            line.sendall(len(piece).to_bytes(4, "big"))
            line.sendall(piece)
        line.sendall(bytes(4))


def _answer(line: socket.socket) -> str:
    line.settimeout(ANSWER_SECONDS)
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER_BYTES:
        piece = line.recv(MAX_ANSWER_BYTES)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _verdict(answer: str) -> Verdict:
    if answer == "stream: OK":
        return Verdict()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Verdict(found=answer.removeprefix("stream: ").removesuffix(" FOUND")[:200])
    if "size limit exceeded" in answer:
        return Verdict(too_large=True)
    raise Trouble(
        gettext_noop("The virus scanner answers with an error.")
        if answer
        else gettext_noop("The virus scanner closed the connection.")
    )
