"""Reads log files, rotated and compressed ones too, as lines of a bounded length."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

READ_BYTES = 64 * 1024
# A signed URL and a user agent take about two thousand bytes.
MAX_LINE_BYTES = 32 * 1024
GZIP = b"\x1f\x8b"

# A line without its newline, or None for a line that is too long; and the position after it in the source, in bytes.
Line = tuple[bytes | None, int]


def read_lines(source: Iterable[bytes], *, start: int = 0, growing: bool = False) -> Iterator[Line]:
    """Yield the lines of ``source``, which begins at byte ``start`` of a log; memory holds one chunk and one line.

    If the log is ``growing``, a last line without a newline is not yielded: it is still being written.
    """
    buffer, too_long, passed = b"", False, start
    for chunk in source:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            line = buffer + chunk[begin:end]
            yield None if too_long or len(line) > MAX_LINE_BYTES else line, passed + end + 1
            buffer, too_long, begin = b"", False, end + 1
        buffer += chunk[begin:]
        if len(buffer) > MAX_LINE_BYTES:
            buffer, too_long = b"", True
        passed += len(chunk)
    if (buffer or too_long) and not growing:
        yield None if too_long else buffer, passed


def rotated_paths(path: Path) -> list[Path]:
    """Return the file and its rotated predecessors, oldest first: ``a.log.1`` and ``a.log-20260131.gz`` are names by
    logrotate, ``a-2026-01-31T10-00-00.000.log.gz`` is one by Caddy.
    """
    paths = []
    for candidate in path.parent.iterdir():
        is_rotated = candidate.name.startswith((f"{path.name}.", f"{path.name}-")) or (
            candidate.name.startswith(f"{path.stem}-") and candidate.name.removesuffix(".gz").endswith(path.suffix)
        )
        if (candidate.name == path.name or is_rotated) and candidate.is_file():
            paths.append(candidate)
    return sorted(paths, key=lambda candidate: (candidate.name == path.name, candidate.stat().st_mtime, candidate.name))


def fingerprint(path: Path) -> str | None:
    """Return the hash of the log's first line, which contains a timestamp: it recognizes a log that was moved,
    copied or compressed. None while the first line is incomplete.
    """
    with _open(path) as source:
        first = next(_read(source, MAX_LINE_BYTES), b"")
    line, end, _ = first.partition(b"\n")
    return hashlib.sha256(line).hexdigest() if end or len(first) == MAX_LINE_BYTES else None


def read_chunks(path: Path, start: int = 0) -> Iterator[bytes]:
    """Yield the bytes of a file from position ``start``, decompressed if necessary."""
    with _open(path) as source:
        yield from _read(source, READ_BYTES, start)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as source:
        is_compressed = source.read(len(GZIP)) == GZIP
    return cast("IO[bytes]", gzip.open(path) if is_compressed else path.open("rb"))


def _read(source: IO[bytes], size: int, start: int = 0) -> Iterator[bytes]:
    """A file that is still being compressed ends in the middle; the next run reads the rest."""
    try:
        source.seek(start)
        while chunk := source.read(size):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
