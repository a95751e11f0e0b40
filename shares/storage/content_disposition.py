"""File names in Content-Disposition headers: RFC 6266, with RFC 5987 for names that are not ASCII."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from shares.file_names import safe_name

# attr-char of RFC 5987 is what `quote` does not escape, plus these.
ATTR_CHAR = "!#$&+^`|~"

# A quote or backslash must be escaped inside a quoted-string, and clients disagree on how to undo that; some decode
# `%` there, some split at `;`. The fallback does without them; the exact name is in filename*.
UNSAFE_IN_QUOTES = re.compile(r'["\\%;]')


def ascii_fallback(name: str) -> str:
    """The name for clients without RFC 5987: without accents, and with ``_`` for other characters outside ASCII."""
    letters = (c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return UNSAFE_IN_QUOTES.sub("_", "".join(c if c.isascii() else "_" for c in letters))


def is_plain(name: str) -> bool:
    """Whether every client reads ``name`` from the header; old ones read only the ASCII form."""
    return name.isascii() and not UNSAFE_IN_QUOTES.search(name)


@lru_cache(maxsize=1024)
def content_disposition(name: str, *, inline: bool = False) -> str:
    """A header value in pure ASCII that no name can break out of."""
    safe = safe_name(name)
    value = f'{"inline" if inline else "attachment"}; filename="{ascii_fallback(safe)}"'
    if is_plain(safe):
        return value
    return f"{value}; filename*=UTF-8''{quote(safe, safe=ATTR_CHAR)}"
