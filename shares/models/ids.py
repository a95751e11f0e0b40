"""Identifiers that the outside world sees."""

import secrets

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


def new_key() -> str:
    """An object key with no user bytes in it: ``u/<32 hex>``."""
    return f"u/{secrets.token_hex(16)}"
