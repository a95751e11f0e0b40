"""Text from users: cleans names, folders, titles and media types, and rejects what is not allowed."""

import re
import unicodedata
from mimetypes import MimeTypes

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from shares.errors import Invalid
from shares.models.files import NAME_CHARACTERS, PATH_BYTES

MAX_TYPE_LENGTH = 1000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Python's own table: the files in /etc of the machine must not matter.
_TYPES = MimeTypes()
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


# NFC turns at most this many characters into one; its time grows with the square of a run of combining marks.
COMPOSED_FROM = 4
# As in the stream-safe text format of Unicode (UAX 15): no writing system needs more on one letter.
MAX_MARKS = 30


def compose(text: str, *, field: str) -> str:
    """NFC of ``text``, whose length the caller bounds. Raises ``Invalid`` on an excessive run of accents."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            raise Invalid(_("Use at most %(count)d accents on one letter."), field=field, count=MAX_MARKS)
    return unicodedata.normalize("NFC", text)


def check_length(text: str, *, max_length: int, field: str) -> None:
    """Reject text that is too long even after it is cleaned, before it is processed."""
    if len(text) > max_length * COMPOSED_FROM:
        raise Invalid(_("Use at most %(count)d characters."), field=field, count=max_length)


def clean_name(name: str, *, field: str = "name") -> str:
    """NFC, without control and bidi characters. Raises ``Invalid`` on separators, ``..``, nothing left, or more than
    255 characters, the maximum of Windows and macOS.
    """
    if len(name) > NAME_CHARACTERS * COMPOSED_FROM:
        raise Invalid(_("A file name can be at most %(count)d characters long."), field=field, count=NAME_CHARACTERS)
    if "/" in name or "\\" in name:
        raise Invalid(_("A file name can't contain / or \\."), field=field)
    cleaned = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in _BIDI)
    cleaned = compose(cleaned, field=field).strip()
    if not cleaned.strip(". "):
        raise Invalid(_("A file name needs at least one character other than dots and spaces."), field=field)
    if len(cleaned) > NAME_CHARACTERS:
        raise Invalid(_("A file name can be at most %(count)d characters long."), field=field, count=NAME_CHARACTERS)
    return cleaned


def clean_path(path: str) -> str:
    """Folders joined by ``/``, each cleaned like a name; empty for the top level."""
    if len(path) > PATH_BYTES * COMPOSED_FROM:
        raise Invalid(
            _("A folder path can be at most %(count)s bytes long."),
            field="path",
            count=number_format(PATH_BYTES, force_grouping=True),
        )
    folders = [clean_name(folder, field="path") for folder in path.split("/") if folder not in ("", ".")]
    cleaned = "/".join(folders)
    if len(cleaned.encode()) > PATH_BYTES:
        raise Invalid(
            _("A folder path can be at most %(count)s bytes long."),
            field="path",
            count=number_format(PATH_BYTES, force_grouping=True),
        )
    return cleaned


def clean_text(text: str, *, max_length: int, field: str) -> str:
    """A title or message: NFC, no control characters but new lines and tabs, no bidi overrides."""
    check_length(text, max_length=max_length, field=field)
    cleaned = "".join(
        c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _BIDI)
    )
    cleaned = compose(cleaned, field=field).strip()
    if len(cleaned) > max_length:
        raise Invalid(_("Use at most %(count)d characters."), field=field, count=max_length)
    return cleaned


def normalize_media_type(content_type: str, name: str = "") -> str:
    """A bare media type, guessed from ``name`` if the client sent none. Invalid ones become the type of opaque bytes;
    no response relies on it.
    """
    guessed, encoding = _TYPES.guess_type(name)
    content_type = content_type[:MAX_TYPE_LENGTH]
    bare = (content_type or ("" if encoding else guessed) or "").partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else "application/octet-stream"
