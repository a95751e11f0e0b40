"""Checksums: what a share's files add up to, in the form that ``sha256sum --check`` reads."""

from collections.abc import Iterator

from shares.models import Share


def lines(*, share: Share) -> Iterator[str]:
    """One line for each ready file whose SHA-256 is known, in the order of the share.

    As GNU coreutils has it: 64 hexadecimal digits, two spaces, the name; a backslash before it all where the name holds
    a backslash, which is then doubled. Names hold no line breaks.
    """
    for file in share.files.ready().exclude(sha256=None).order_by("position", "pk"):
        name = file.saved_path.replace("\\", "\\\\")
        mark = "\\" if "\\" in name else ""
        yield f"{mark}{file.sha256_hex}  {name}\n"
