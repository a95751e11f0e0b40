"""SHA-256 as JSON carries it: base64 for a part, as storage wants it; hexadecimal for a whole file, as people do."""

from base64 import b64decode
from binascii import Error as NotBase64


def part_digest(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return b""  # No digest is empty: the service refuses it.


def whole_digest(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text) if len(text) == 64 else b""
    except ValueError:
        return b""
