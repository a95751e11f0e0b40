"""Identifiers that the outside world sees."""

import secrets
from hashlib import sha256

# Characters of what ``new_id`` makes.
ID_LENGTH = 22


def new_id() -> str:
    """128 random bits as 22 URL-safe characters: unguessable, never a sequence, never reused."""
    return secrets.token_urlsafe(16)


def is_valid_id(text: str) -> bool:
    """Whether a query may look for ``text``: PostgreSQL reports an error for a NUL, not an id that does not exist."""
    return "\0" not in text


def new_thumbnail_key() -> str:
    """The same for the small picture of a file: ``t/<32 hex>``, which does not reveal the key of the file."""
    return f"t/{secrets.token_hex(16)}"


def new_key(share_id: str = "") -> str:
    """An object key with no user bytes in it: ``u/<32 hex>/<32 hex>``, or without the first part, as older keys are.

    The first part is that of the share, so that one signature can cover its files. It is a digest of the id, which
    nobody can compute from it.
    """
    share_part = f"{sha256(share_id.encode()).hexdigest()[:32]}/" if share_id else ""
    return f"u/{share_part}{secrets.token_hex(16)}"
