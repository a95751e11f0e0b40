"""File names as users give them: what is kept, what is cleaned, what is refused."""

import re
import unicodedata
from mimetypes import MimeTypes

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from shares.errors import Invalid
from shares.models.files import NAME_CHARACTERS, PATH_BYTES

MAX_TYPE_LENGTH = 1000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Python's own table: what the machine has in /etc must not decide.
_TYPES = MimeTypes()
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


# Normalizing takes at most so many characters for each that is left, and time by the square of a run of marks.
COMPOSED_FROM = 4
# As in Unicode's stream-safe text (UAX 15): no writing system needs more on one letter.
MAX_MARKS = 30


def compose(text: str, *, field: str) -> str:
    """NFC of ``text``, whose length the caller has bounded. Raises ``Invalid`` on an endless run of accents."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            raise Invalid(_("Use at most %(count)d accents on one letter.") % {"count": MAX_MARKS}, field=field)
    return unicodedata.normalize("NFC", text)


def check_length(text: str, *, most: int, field: str) -> None:
    """Refuse what can't fit once it is cleaned, before anything else is done with it."""
    if len(text) > most * COMPOSED_FROM:
        raise Invalid(_("Use at most %(count)d characters.") % {"count": most}, field=field)


def clean_name(name: str, *, field: str = "name") -> str:
    """NFC, without control and bidi characters. Raises ``Invalid`` on separators, ``..``, nothing left, or more than
    255 characters: what Windows and macOS take.
    """
    if len(name) > NAME_CHARACTERS * COMPOSED_FROM:
        raise Invalid(
            _("A file name can be at most %(count)d characters long.") % {"count": NAME_CHARACTERS}, field=field
        )
    if "/" in name or "\\" in name:
        raise Invalid(_("A file name can't contain / or \\."), field=field)
    cleaned = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in _BIDI)
    cleaned = compose(cleaned, field=field).strip()
    if not cleaned.strip(". "):
        raise Invalid(_("A file name needs at least one character other than dots and spaces."), field=field)
    if len(cleaned) > NAME_CHARACTERS:
        raise Invalid(
            _("A file name can be at most %(count)d characters long.") % {"count": NAME_CHARACTERS}, field=field
        )
    return cleaned


def clean_path(path: str) -> str:
    """Folders joined by ``/``, each cleaned like a name; empty for the top level."""
    if len(path) > PATH_BYTES * COMPOSED_FROM:
        raise Invalid(
            _("A folder path can be at most %(count)s bytes long.")
            % {"count": number_format(PATH_BYTES, force_grouping=True)},
            field="path",
        )
    folders = [clean_name(folder, field="path") for folder in path.split("/") if folder not in ("", ".")]
    cleaned = "/".join(folders)
    if len(cleaned.encode()) > PATH_BYTES:
        raise Invalid(
            _("A folder path can be at most %(count)s bytes long.")
            % {"count": number_format(PATH_BYTES, force_grouping=True)},
            field="path",
        )
    return cleaned


def clean_text(text: str, *, most: int, field: str) -> str:
    """A title or message: NFC, no control characters but new lines and tabs, no bidi overrides."""
    check_length(text, most=most, field=field)
    cleaned = "".join(
        c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _BIDI)
    )
    cleaned = compose(cleaned, field=field).strip()
    if len(cleaned) > most:
        raise Invalid(_("Use at most %(count)d characters.") % {"count": most}, field=field)
    return cleaned


def clean_type(content_type: str, name: str = "") -> str:
    """A bare media type, by the ``name`` where none was told. Never trusted for serving: odd ones become bytes."""
    guessed, encoding = _TYPES.guess_type(name)
    content_type = content_type[:MAX_TYPE_LENGTH]
    bare = (content_type or ("" if encoding else guessed) or "").partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else "application/octet-stream"
