"""Checksums: what a share's files add up to, in the form that ``sha256sum --check`` reads."""

from collections.abc import Iterator

from shares.models import Share
from shares.services.downloads import archives
from shares.services.downloads.delivery import delivery_of


def lines(*, share: Share) -> Iterator[str]:
    """One line for each ready file whose SHA-256 is known, in the order of the share.

    As GNU coreutils has it: 64 hexadecimal digits, two spaces, the name that the file has in an archive. Names hold no
    line breaks and no backslashes, which would have to be escaped.
    """
    if not delivery_of(share).has_checksums:
        return
    files = list(share.files.ready().exclude(sha256=None).order_by("position", "pk"))
    for file, name in zip(files, archives.entry_names(files), strict=True):
        yield f"{file.sha256_hex}  {name}\n"
