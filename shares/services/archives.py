"""Everything of a share as one stored ZIP, made while it is sent: no temporary file, flat memory, length known before.

A browser that can makes it itself, from a ``Plan`` and links that it asks for as it goes. For all others the bytes pass
through this server, so few are made at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from zipstream import ZipStream

from shares.errors import Invalid, Locked, NotFound, NotReady
from shares.models import Share, SharedFile
from shares.policies import Caller
from shares.services import downloads, grants, streams
from shares.services.downloads import Download, Link
from shares.services.grants import Held
from shares.services.streams import Body
from shares.services.summaries import shown_title
from shares.storage import share_storage

MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class Archive:
    """``size`` in bytes, exact. ``body`` must be closed, read to its end or not."""

    name: str
    size: int
    body: Body


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive: its id, its folder and name there, and its size in bytes."""

    file_id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive is made of, in order."""

    name: str
    entries: tuple[Entry, ...]


def plan(*, share: Share, caller: Caller, held: Held, now: datetime, opening: bool = False) -> tuple[Download, Plan]:
    """One download of all files, of which nothing is signed yet. Raises as ``take`` does, but never Busy."""
    files = _all(share)
    taken = downloads.take(share=share, files=files, caller=caller, held=held, now=now, opening=opening, later=True)
    entries = (Entry(file.pk, name, file.size) for name, file in zip(names(files), files, strict=True))
    return taken, Plan(_name(share, files), tuple(entries))


def links(*, share: Share, ids: Sequence[str], caller: Caller, held: Held, now: datetime) -> tuple[Link, ...]:
    """Links to some files of a plan, in the order of ``ids``. Takes nothing: without the grant of ``plan``, Locked."""
    if not 1 <= len(ids) <= MOST_LINKS:
        raise Invalid(f"Name 1 to {MOST_LINKS} files at a time.", field="file")
    if grants.read_grant(held.grant, share, now) is None:
        raise Locked("Press the download button on the page of this share first.")
    known = {file.pk: file for file in share.files.listed().filter(pk__in=[pk for pk in ids if "\0" not in pk])}
    if any(pk not in known for pk in ids):
        raise NotFound("There is no such file in this share.")
    files = [known[pk] for pk in ids]
    return downloads.take(share=share, files=files, caller=caller, held=held, now=now).links


def take(
    *, share: Share, caller: Caller, held: Held, now: datetime, password: str = "", opening: bool = False
) -> tuple[Download, Archive]:
    """One download of all files. Raises what ``downloads.take`` raises, NotReady while files are missing, or Busy.

    A file that cannot be read to its declared end breaks the stream off: never a silently short archive.
    """
    files = _all(share)
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
        return taken, Archive(_name(share, files), len(stream), Body(iter(stream), share, files))
    except BaseException:
        streams.release_slot()
        raise


def build(files: Sequence[SharedFile]) -> ZipStream:
    stream = ZipStream(sized=True)
    for name, file in zip(names(files), files, strict=True):
        data = share_storage().read(file.key, file.size) if file.size else b""
        stream.add(data, name, size=file.size)
    return stream


def _all(share: Share) -> list[SharedFile]:
    """What the share offers; raises NotReady while some of it has not come. Withheld files are none of it."""
    files = list(share.files.offered().order_by("position", "pk"))
    if any(file.ready_at is None for file in files):
        raise NotReady("Some files are still on their way. Download the others one by one, or wait for the last.")
    return files


def _name(share: Share, files: Sequence[SharedFile]) -> str:
    return f"{shown_title(share, files[0].name, len(files))}.zip"


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
