"""Files of a share as one stored ZIP, made while it is sent: no temporary file, flat memory, length known before.

A browser that can makes it itself, from a ``Plan`` and links that it asks for as it goes. For all others the bytes pass
through this server, so few are made at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from zipstream import ZipStream

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, Locked, NotFound, NotReady, Withheld
from shares.file_names import distinct_paths, download_path, safe_name
from shares.models import Share, SharedFile
from shares.services.downloads import grants, start, streams
from shares.services.downloads.grants import Held
from shares.services.downloads.prefetch import Fetches
from shares.services.downloads.start import Download, Link
from shares.services.downloads.streams import Body
from shares.services.sharing.summaries import display_title

MAX_LINKS = 100


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


def chosen(*, share: Share, ids: Sequence[str]) -> list[SharedFile]:
    """The files named by ``ids``, each once and in the share's order; for no ids all that are not withheld.

    Where all are withheld it is the first, to be told why. Raises NotFound.
    """
    listed_files = share.files.not_removed().order_by("position", "pk")
    if not ids:
        return list(listed_files.filter(withheld="")) or list(listed_files[:1])
    return sorted(_find_files(share, ids).values(), key=lambda file: (file.position, file.pk))


def plan(
    *, share: Share, files: Sequence[SharedFile], caller: Caller, held: Held, now: datetime, opening: bool = False
) -> tuple[Download, Plan]:
    """One download of ``files``, of which nothing is signed yet. Raises as ``take`` does, but never Busy.

    A single file is to be saved as it is, under its own name.
    """
    _all_ready(files)
    download = start.take(share=share, files=files, caller=caller, held=held, now=now, opening=opening, later=True)
    entries = (Entry(file.pk, name, file.size) for name, file in zip(names(files), files, strict=True))
    name = files[0].download_name if len(files) == 1 else _name(share, files)
    return download, Plan(name, tuple(entries))


def links(*, share: Share, ids: Sequence[str], caller: Caller, held: Held, now: datetime) -> tuple[Link, ...]:
    """Links to some files of a plan, in the order of ``ids``. Takes nothing: without the grant of ``plan``, Locked."""
    if not 1 <= len(ids) <= MAX_LINKS:
        raise Invalid(_("Name 1 to %(limit)d files at a time.") % {"limit": MAX_LINKS}, field="file")
    if not policies.owns(share, caller) and grants.read_grant(held.grant, share, now) is None:
        raise Locked(_("Press the download button on the page of this share first."))
    files_by_id = _find_files(share, ids)
    return start.take(share=share, files=[files_by_id[pk] for pk in ids], caller=caller, held=held, now=now).links


def take(
    *,
    share: Share,
    files: Sequence[SharedFile],
    caller: Caller,
    held: Held,
    now: datetime,
    password: str = "",
    opening: bool = False,
) -> tuple[Download, Archive]:
    """One download of ``files``. Raises what ``start.take`` raises, NotReady while one is missing, or Busy.

    A file that cannot be read to its declared end breaks the stream off: never a silently short archive.
    """
    _all_ready(files)
    streams.claim_slot()
    try:
        download = start.take(
            share=share,
            files=files,
            caller=caller,
            held=held,
            now=now,
            password=password,
            opening=opening,
            streamed=True,
        )
        fetches = Fetches(files)
        stream = build(files, fetches)
        return download, Archive(_name(share, files), len(stream), Body(_read_archive(stream, fetches), share, files))
    except BaseException:
        streams.release_slot()
        raise


def build(files: Sequence[SharedFile], fetches: Fetches) -> ZipStream:
    stream = ZipStream(sized=True)
    for position, (name, file) in enumerate(zip(names(files), files, strict=True)):
        stream.add(fetches.of(position), name, size=file.size)
    return stream


def _read_archive(stream: ZipStream, fetches: Fetches) -> Iterator[bytes]:
    with closing(fetches):
        yield from stream


def _find_files(share: Share, ids: Sequence[str]) -> dict[str, SharedFile]:
    """Listed files by id. Raises NotFound if one of ``ids`` is none."""
    # A NUL would be an error of the database rather than an id that is not there.
    files_by_id = {
        file.pk: file for file in share.files.not_removed().filter(pk__in={pk for pk in ids if "\0" not in pk})
    }
    if any(pk not in files_by_id for pk in ids):
        raise NotFound(_("There is no such file in this share."))
    return files_by_id


def _all_ready(files: Sequence[SharedFile]) -> None:
    if not files:
        raise NotFound(_("There is no such file in this share."))
    refusals = [refusal for file in files if (refusal := policies.downloadable(file)) is not None]
    for refusal in refusals:
        if len(files) == 1 or isinstance(refusal, Withheld):
            raise refusal
    if refusals:
        raise NotReady(_("Some of these files are still uploading. Download the others, or wait for the rest."))


def _name(share: Share, files: Sequence[SharedFile]) -> str:
    return safe_name(f"{display_title(share, files[0].name, len(files))}.zip")


def names(files: Sequence[SharedFile]) -> Iterator[str]:
    """Folder and name of each file of one share, as ``file_names.distinct_paths`` has them among all files of it: the
    same in an archive of some as in one of all, and in ``SHA256SUMS``.
    """
    listed_files = SharedFile.objects.not_removed().filter(share__in={file.share_id for file in files})
    rows = list(listed_files.order_by("position", "pk").values_list("pk", "path", "name", "number"))
    names_by_id = dict(zip((row[0] for row in rows), distinct_paths(row[1:] for row in rows), strict=True))
    for file in files:
        # One that was removed a moment ago is not among them.
        yield names_by_id.get(file.pk) or download_path(file.path, file.name, file.number)
