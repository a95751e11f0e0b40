"""The names under which files are saved and packed: names that every system accepts.

Windows is the strictest of them (Microsoft, "Naming Files, Paths, and Namespaces"). Where its rules leave a choice this
follows Chromium: ``_`` in place of a forbidden character and before a reserved word. Other systems add the 255 bytes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

FALLBACK = "download"
MAX_NAME_BYTES = 255
MAX_EXTENSION_BYTES = 16

# Format characters that writing needs: Persian and many emoji are misspelled without them.
JOINERS = "\u200c\u200d"
# Controls, surrogates, line and paragraph separators, and format characters (all bidi marks are among them).
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Forbidden on Windows; then the noncharacters, which macOS refuses.
_NONCHARACTERS = "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
FORBIDDEN = re.compile(rf'[<>:"/\\|?*\ufdd0-\ufdef{_NONCHARACTERS}]')
LEADING_DOTS = re.compile(r"^\.[.\s]+")
# Windows removes trailing dots and blanks, which would change the extension afterwards.
TRAILING = re.compile(r"[.\s]+$")
# Devices in every folder of Windows, in any case of letters and with any extension.
RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³]) *(?=\.|$)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """``name`` as one path segment that every system accepts. A name that is one already is unchanged."""
    visible = "".join(c for c in name if c in JOINERS or unicodedata.category(c) not in HIDDEN)
    # Composed last: characters between a letter and its accent may have been removed.
    composed = FORBIDDEN.sub("_", unicodedata.normalize("NFC", visible)).strip()
    segment = TRAILING.sub("", LEADING_DOTS.sub("_", composed))
    shortened = shorten_name(segment)
    if RESERVED.match(shortened):
        shortened = shorten_name(f"_{shortened}")
    return shortened if shortened.strip("_. " + JOINERS) else FALLBACK


def safe_path(path: str) -> str:
    """Folders joined by ``/``, each safe; empty for the top level."""
    return "/".join(map(safe_name, path.split("/"))) if path else ""


def shorten_name(name: str) -> str:
    """``name`` cut to 255 bytes without splitting a character; a short extension is kept."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, tail = _split(name)
    cut = stem.encode()[: MAX_NAME_BYTES - len(tail.encode())].decode(errors="ignore")
    return TRAILING.sub("", cut) + tail


def with_ordinal(name: str, number: int) -> str:
    """``report (2).pdf``, with a shorter stem if the name would exceed 255 bytes; unchanged for 1."""
    if number < 2:
        return name
    stem, extension = _split(name)
    tail = f" ({number}){extension}"
    return stem.encode()[: MAX_NAME_BYTES - len(tail.encode())].decode(errors="ignore") + tail


def download_name(name: str, number: int = 1) -> str:
    """The name under which the file ``name``, the ``number``-th of its name in its folder, is saved."""
    return with_ordinal(safe_name(name), number)


def download_path(path: str, name: str, number: int = 1) -> str:
    """``download_name`` with its folders before it."""
    saved_file = download_name(name, number)
    return f"{safe_path(path)}/{saved_file}" if path else saved_file


def fold(path: str) -> str:
    """Equal for all names that some file system treats as the same: in any case of letters and form of accents."""
    return unicodedata.normalize("NFD", path.upper().casefold())


def fold_folders(paths: Iterable[str]) -> set[str]:
    """Every folder of ``paths``, folded: a file beside a folder of its name could not be unpacked."""
    return {fold(str(parent)) for path in set(paths) for parent in PurePosixPath(safe_path(path), "-").parents}


def distinct_paths(files: Iterable[tuple[str, str, int]]) -> Iterator[str]:
    """``download_path`` of each path, name and number. Paths that are still equal get another number: a folder may have
    been added beside a file of its name.
    """
    rows = list(files)
    used = fold_folders(path for path, _, _ in rows)
    last: dict[str, int] = {}
    for path, name, number in rows:
        distinct_path, first = download_path(path, name, number), fold(download_path(path, name))
        while fold(distinct_path) in used:
            last[first] = max(last.get(first, 1), number) + 1
            distinct_path = download_path(path, name, last[first])
        used.add(fold(distinct_path))
        yield distinct_path


def _split(name: str) -> tuple[str, str]:
    """Stem and extension with its dot; no extension if it is too long to be one."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem and len(extension.encode()) <= MAX_EXTENSION_BYTES else (name, "")
