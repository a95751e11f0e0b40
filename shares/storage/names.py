"""File names on their way into a Content-Disposition header: RFC 6266, with RFC 5987 for what is not ASCII."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

from shares.names import shorten_name

FALLBACK = "download"

# attr-char of RFC 5987 is what `quote` leaves alone, plus these.
ATTR_CHAR = "!#$&+^`|~"

SEPARATORS = re.compile(r"[/\\]")
LEADING_DOTS = re.compile(r"^\.[. ]+")
# Controls, surrogates, line and paragraph separators, and format characters (all bidi marks are among them).
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Format characters that writing needs: Persian and many emoji are misspelled without them.
JOINERS = "\u200c\u200d"
# A quote or backslash must be escaped inside a quoted-string, and clients disagree on how to undo that; some decode
# `%` there, some split at `;`. The fallback does without them; the exact name is in filename*.
UNSAFE_IN_QUOTES = re.compile(r'["\\%;]')


def clean(name: str) -> str:
    """``name`` as one harmless path segment: no control, bidi or separator characters, at most 255 bytes of UTF-8."""
    kept = "".join(c for c in name if c in JOINERS or unicodedata.category(c) not in HIDDEN)
    # Composed last: what stood between a letter and its accent may be gone now.
    composed = unicodedata.normalize("NFC", kept)
    segment = LEADING_DOTS.sub("_", SEPARATORS.sub("_", composed).strip())
    # Windows drops dots and spaces at the end, which would change the extension after the fact.
    shown = shorten_name(segment.rstrip(". "))
    return shown if shown.strip("_. " + JOINERS) else FALLBACK


def ascii_fallback(name: str) -> str:
    """What a client without RFC 5987 shows: accents dropped, ``_`` for whatever else is not plain ASCII."""
    letters = (c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return UNSAFE_IN_QUOTES.sub("_", "".join(c if c.isascii() else "_" for c in letters))


@lru_cache(maxsize=1024)
def content_disposition(name: str, *, inline: bool = False) -> str:
    """A header value in pure ASCII that no name can break out of."""
    cleaned = clean(name)
    value = f'{"inline" if inline else "attachment"}; filename="{ascii_fallback(cleaned)}"'
    if cleaned.isascii() and not UNSAFE_IN_QUOTES.search(cleaned):
        return value
    return f"{value}; filename*=UTF-8''{quote(cleaned, safe=ATTR_CHAR)}"
