"""Everything of a share as one stored ZIP, made while it is sent: no temporary file, flat memory, length known before.

It exists for browsers without JavaScript; the bytes pass through this server, so few are made at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from zipstream import ZipStream

from shares.errors import NotReady
from shares.models import Share, SharedFile
from shares.policies import Caller
from shares.services import downloads, streams
from shares.services.downloads import Download
from shares.services.grants import Held
from shares.services.streams import Body
from shares.services.summaries import shown_title
from shares.storage import share_storage


@dataclass(frozen=True, slots=True)
class Archive:
    """``size`` in bytes, exact. ``body`` must be closed, read to its end or not."""

    name: str
    size: int
    body: Body


def take(
    *, share: Share, caller: Caller, held: Held, now: datetime, password: str = "", opening: bool = False
) -> tuple[Download, Archive]:
    """One download of all files. Raises what ``downloads.take`` raises, NotReady while files are missing, or Busy.

    A file that cannot be read to its declared end breaks the stream off: never a silently short archive.
    """
    files = list(share.files.listed().order_by("position", "pk"))
    if any(file.ready_at is None for file in files):
        raise NotReady("Some files are still on their way. Download the others one by one, or wait for the last.")
    streams.claim_slot()
    try:
        taken = downloads.take(
            share=share,
            files=files,
            caller=caller,
            held=held,
            now=now,
            password=password,
            opening=opening,
            streamed=True,
        )
        stream = build(files)
        title = shown_title(share, files[0].name, len(files))
        return taken, Archive(f"{title}.zip", len(stream), Body(iter(stream), share))
    except BaseException:
        streams.release_slot()
        raise


def build(files: Sequence[SharedFile]) -> ZipStream:
    stream = ZipStream(sized=True)
    for name, file in zip(names(files), files, strict=True):
        data = share_storage().read(file.key, file.size) if file.size else b""
        stream.add(data, name, size=file.size)
    return stream


def names(files: Sequence[SharedFile]) -> Iterator[str]:
    """Folder and name of each file; a second one of the same name (in any case of letters) is numbered."""
    taken: set[str] = set()
    for file in files:
        name, number = file.full_name, 1
        while name.casefold() in taken:
            number += 1
            path = PurePosixPath(file.full_name)
            name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        taken.add(name.casefold())
        yield name
