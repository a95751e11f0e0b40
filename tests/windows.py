"""A disk with the rules of Windows for names. Written from Microsoft's "Naming Files, Paths, and Namespaces" and
"Maximum Path Length Limitation", not from the code.
"""

from pathlib import PureWindowsPath

FORBIDDEN = frozenset('<>:"/\\|?*') | {chr(code) for code in range(32)}
DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "123456789¹²³"
}
# UTF-16 units of one component.
MAX_UNITS = 255


class WindowsError(Exception):
    """What the system rejects, or does differently than the program expects."""


class WindowsDisk:
    """Files by the name that Windows gives them. ``write`` does what an unpacker requests from the system."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._kinds: dict[str, str] = {}

    def write(self, path: str, data: bytes) -> None:
        parts = [component(part) for part in path.split("/")]
        for end in range(1, len(parts)):
            self._make("/".join(parts[:end]), "folder")
        name = "/".join(parts)
        self._make(name, "file")
        self.files[name] = data

    def _make(self, path: str, kind: str) -> None:
        """Names differ by more than the case of letters; a folder may be there already, a file would be overwritten."""
        existing_kind = self._kinds.setdefault(path.upper(), kind)
        if existing_kind != kind or (kind == "file" and path.upper() in {name.upper() for name in self.files}):
            raise WindowsError(f"There is a {existing_kind} {path!r} already.")


def component(name: str) -> str:
    """The name that a file gets which is made under ``name``."""
    if FORBIDDEN & set(name):
        raise WindowsError(f"{name!r}: the syntax is incorrect, or a stream of another file is meant.")
    # "NUL.txt and NUL.tar.gz are both equivalent to NUL"; blanks before the first dot count for nothing.
    if name.partition(".")[0].rstrip(" ").upper() in DEVICES or PureWindowsPath(name).is_reserved():
        raise WindowsError(f"{name!r} is a device.")
    if len(name.encode("utf-16-le")) // 2 > MAX_UNITS:
        raise WindowsError(f"{name!r} is too long.")
    # "Do not end a file or directory name with a space or a period": they are dropped without a word.
    trimmed_name = name.rstrip(". ")
    if not trimmed_name:
        raise WindowsError(f"{name!r} is no name.")
    return trimmed_name
