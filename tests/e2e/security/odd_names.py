"""Names that users and attackers give files, and what the documents specify for them: on input, in a header, and in
Chromium. Written from docs/words.md, not from the code.
"""

import json
import random
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
JOINERS = "\u200c\u200d"
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
_THOUGHT_OF = json.loads(Path(__file__).with_suffix(".json").read_text())
KNOWN_NAMES: list[str] = _THOUGHT_OF["known"]
SPITE: list[str] = [*_THOUGHT_OF["spite"], *BIDI]


def _any_plane(dice: random.Random) -> str:
    plane = dice.choice([0, 0, 0, 1, 1, 2, 3, *range(4, 17)])
    points = (plane * 0x10000 + dice.randrange(0x10000) for _ in range(dice.randrange(1, 40)))
    return "".join(chr(point) for point in points)


def _spite(dice: random.Random) -> str:
    return "".join(dice.choice(SPITE) for _ in range(dice.randrange(1, 14)))


def _mild_spite(dice: random.Random) -> str:
    """Without separators, so that most are accepted."""
    return re.sub(r"[/\\]", "", _spite(dice)) + dice.choice(["", ".txt", ".tar.gz", ".x"])


def _combined(dice: random.Random) -> str:
    marks = [chr(dice.randrange(0x300, 0x370)) for _ in range(dice.randrange(1, 30))]
    return dice.choice("aeiouÅß") + "".join(marks) + dice.choice(["", ".doc"])


def _emoji(dice: random.Random) -> str:
    joined = "\u200d".join(dice.choice("👩👨🧑🚀🔬🌈❤🏳") for _ in range(dice.randrange(1, 6)))
    return joined + dice.choice(["", "\ufe0f", "🏽", ".jpg"])


def _long(dice: random.Random) -> str:
    return dice.choice("aü日😀") * dice.randrange(50, 270) + dice.choice(["", ".pdf", "." + "e" * 30])


def names(number: int, seed: int = 6266) -> list[str]:
    dice = random.Random(seed)
    kinds: list[Callable[[random.Random], str]] = [
        _any_plane,
        _spite,
        _mild_spite,
        _mild_spite,
        _combined,
        _emoji,
        _long,
    ]
    generated = (dice.choice(kinds)(dice) for _ in range(number - len(KNOWN_NAMES)))
    return [name for name in (*KNOWN_NAMES, *generated) if not is_shortened(name)]


def is_shortened(name: str) -> bool:
    """Whether downloads shorten the stored name: tests/services/downloads/test_same_names.py covers these."""
    stored_name = stored_name_of(name)
    return stored_name is not None and len(stored_name.encode()) > 255


def stored_name_of(name: str) -> str | None:
    """The name as the share stores it; None if it is rejected."""
    if "/" in name or "\\" in name or any(unicodedata.category(c) == "Cs" for c in name):
        return None
    stored_name = "".join(c for c in name if c not in BIDI and unicodedata.category(c) not in ("Cc", "Zl", "Zp"))
    if re.search(r"x{31}", "".join("x" if unicodedata.combining(c) else "-" for c in stored_name)):
        return None
    stored_name = unicodedata.normalize("NFC", stored_name).strip()
    return stored_name if stored_name.strip(". ") and len(stored_name) <= 255 else None


def download_name(stored_name: str) -> str:
    """The name that every operating system can create."""
    display_name = "".join(c for c in stored_name if c in JOINERS or unicodedata.category(c) != "Cf")
    display_name = unicodedata.normalize("NFC", display_name)
    display_name = "".join("_" if c in '<>:"/\\|?*' or _is_noncharacter(c) else c for c in display_name).strip()
    display_name = re.sub(r"[.\s]+$", "", re.sub(r"^\.[.\s]+", "_", display_name))
    device = display_name.partition(".")[0].rstrip(" ").lower()
    if device in DEVICES or re.fullmatch("(com|lpt)[0-9¹²³]", device):
        display_name = f"_{display_name}"
    return display_name if display_name.strip("_. " + JOINERS) else "download"


def plain(display_name: str) -> str:
    """The name for programs that support only ASCII."""
    letters = (c for c in unicodedata.normalize("NFD", display_name) if not unicodedata.combining(c))
    return "".join("_" if not c.isascii() or c in '"\\%;' else c for c in letters)


def in_chromium(display_name: str) -> str:
    """The name that Chromium suggests: ``_`` for characters that some file systems reject, no dots at the ends."""
    return "".join(
        "_" if c in '"*/:<>?\\|~' or _is_noncharacter(c) or unicodedata.category(c) == "Cf" else c for c in display_name
    ).strip(".")


def _is_noncharacter(c: str) -> bool:
    return ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF
