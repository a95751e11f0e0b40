"""What disks and archives take for a name, for every layer above."""

NAME_LIMIT_BYTES = 255
MAX_ENDING_BYTES = 16


def shorten_name(name: str, limit_bytes: int = NAME_LIMIT_BYTES) -> str:
    """``name`` cut to ``limit_bytes`` of UTF-8 without splitting a character; a short ending (``.pdf``) is kept."""
    if len(name.encode()) <= limit_bytes:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = dot + ending if stem and len(ending.encode()) <= MAX_ENDING_BYTES else ""
    room = limit_bytes - len(tail.encode())
    return (stem if tail else name).encode()[:room].decode(errors="ignore").rstrip(". ") + tail


def shorten_path(path: str) -> str:
    """Each folder and the name of ``path`` shortened, as ``/`` joins them."""
    return "/".join(shorten_name(step) for step in path.split("/"))
