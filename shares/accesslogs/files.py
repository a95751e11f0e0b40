"""From files, as they lie there and as they were rotated, to lines of a bounded length."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

READ_BYTES = 64 * 1024
# A signed address and what a browser says of itself take some two thousand bytes.
LONGEST = 32 * 1024
GZIP = b"\x1f\x8b"

# A line without its end, or None for one that was too long; and how many bytes of the source are behind it.
Line = tuple[bytes | None, int]


def lines(source: Iterable[bytes], *, start: int = 0, growing: bool = False) -> Iterator[Line]:
    """The lines of ``source``, which begins at the byte ``start`` of a log; memory holds one piece and one line.

    Of a log that is ``growing`` the last line without an end is left for later: it is being written.
    """
    buffer, too_long, passed = b"", False, start
    for chunk in source:
        begin = 0
        while (end := chunk.find(b"\n", begin)) >= 0:
            line = buffer + chunk[begin:end]
            yield None if too_long or len(line) > LONGEST else line, passed + end + 1
            buffer, too_long, begin = b"", False, end + 1
        buffer += chunk[begin:]
        if len(buffer) > LONGEST:
            buffer, too_long = b"", True
        passed += len(chunk)
    if (buffer or too_long) and not growing:
        yield None if too_long else buffer, passed


def rotated(path: Path) -> list[Path]:
    """The file and what it was before it was turned over, oldest first: ``a.log.1``, ``a.log-20260131.gz`` as logrotate
    names them, ``a-2026-01-31T10-00-00.000.log.gz`` as Caddy does.
    """
    paths = []
    for candidate in path.parent.iterdir():
        is_rotated = candidate.name.startswith((f"{path.name}.", f"{path.name}-")) or (
            candidate.name.startswith(f"{path.stem}-") and candidate.name.removesuffix(".gz").endswith(path.suffix)
        )
        if (candidate.name == path.name or is_rotated) and candidate.is_file():
            paths.append(candidate)
    return sorted(paths, key=lambda candidate: (candidate.name == path.name, candidate.stat().st_mtime, candidate.name))


def mark(path: Path) -> str | None:
    """What a log is known by wherever it is moved, copied or compressed to: its first line, which holds a moment.

    None as long as that is not all there.
    """
    with _opened(path) as source:
        first = next(_read(source, LONGEST), b"")
    line, end, _ = first.partition(b"\n")
    return hashlib.sha256(line).hexdigest() if end or len(first) == LONGEST else None


def pieces(path: Path, start: int = 0) -> Iterator[bytes]:
    """The bytes of a file from ``start`` on, unpacked where it is compressed."""
    with _opened(path) as source:
        yield from _read(source, READ_BYTES, start)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as source:
        is_compressed = source.read(len(GZIP)) == GZIP
    return cast("IO[bytes]", gzip.open(path) if is_compressed else path.open("rb"))


def _read(source: IO[bytes], size: int, start: int = 0) -> Iterator[bytes]:
    """A file that is being compressed ends in the middle; the next run finds the rest."""
    try:
        source.seek(start)
        while chunk := source.read(size):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
