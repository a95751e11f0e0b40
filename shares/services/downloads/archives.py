"""Files of a share as one stored ZIP, made while it is sent: no temporary file, flat memory, length known before.

A browser that can makes it itself, from a ``Plan`` and links that it requests on the way. For all others the bytes pass
through this server, so only a few are made concurrently.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from zipstream import ZipStream

from shares import policies
from shares.errors import Invalid, NotFound, NotReady, Withheld
from shares.file_names import distinct_paths, download_path, safe_name
from shares.models import Event, Share, SharedFile
from shares.services import events
from shares.services.downloads import streams
from shares.services.downloads.access import admit, require_grant
from shares.services.downloads.delivery import Download, delivery_of
from shares.services.downloads.prefetch import Prefetcher
from shares.services.downloads.selection import find_files
from shares.services.downloads.start import record_download, start_download
from shares.services.downloads.streams import Body
from shares.services.downloads.visits import Visit
from shares.services.event_details import format_values
from shares.services.sharing.summaries import display_title

MAX_LINKS = 100


@dataclass(frozen=True, slots=True)
class Archive:
    """``size`` in bytes, exact; None if it is unknown. ``body`` must be closed, read to its end or not."""

    name: str
    size: int | None
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


def plan_archive(*, share: Share, files: Sequence[SharedFile], visit: Visit) -> tuple[Download, Plan]:
    """One download of ``files``, of which nothing is signed yet. Raises as ``start_download`` does, but never Busy.

    A single file is to be saved as it is, under its own name.
    """
    require_ready(files)
    admission = admit(share=share, files=files, visit=visit)
    download = record_download(admission, (), [], share=share, visit=visit)
    entries = (Entry(file.pk, name, file.size) for name, file in zip(entry_names(files), files, strict=True))
    name = files[0].download_name if len(files) == 1 else _archive_name(share, files)
    return download, Plan(name, tuple(entries))


def sign_links(*, share: Share, ids: Sequence[str], visit: Visit) -> Download:
    """Links to some files of a plan, in the order of ``ids``. Counts nothing: without the grant of the plan, Locked."""
    if not 1 <= len(ids) <= MAX_LINKS:
        raise Invalid(_("Name 1 to %(limit)d files at a time."), field="file", limit=MAX_LINKS)
    require_grant(share, visit)
    files_by_id = find_files(share, ids)
    return start_download(share=share, files=[files_by_id[pk] for pk in ids], visit=visit)


def start_archive(*, share: Share, files: Sequence[SharedFile], visit: Visit) -> tuple[Download, Archive]:
    """One download of ``files``. Raises what ``start_download`` raises, NotReady while a file is missing, or Busy.

    A file that cannot be read to its declared end breaks the stream off: never a silently short archive.
    """
    require_ready(files)
    streams.acquire_permit()
    try:
        admission = admit(share=share, files=files, visit=visit)
        detail = format_values(files=len(files))
        event = events.line(Event.Kind.STREAMED, caller=visit.caller, share=share, now=visit.now, detail=detail)
        download = record_download(admission, (), [event], share=share, visit=visit)
        prefetcher, has_sizes = Prefetcher(files), delivery_of(share).is_exact
        stream = build_zip(files, prefetcher, has_sizes=has_sizes)
        body = Body(_read_archive(stream, prefetcher), share, files)
        return download, Archive(_archive_name(share, files), len(stream) if has_sizes else None, body)
    except BaseException:
        streams.release_permit()
        raise


def build_zip(files: Sequence[SharedFile], prefetcher: Prefetcher, *, has_sizes: bool = True) -> ZipStream:
    """Without sizes, the length of the archive is unknown before its end, and each entry may have any."""
    stream = ZipStream(sized=has_sizes)
    for position, (name, file) in enumerate(zip(entry_names(files), files, strict=True)):
        stream.add(prefetcher.read(position), name, size=file.size if has_sizes else None)
    return stream


def _read_archive(stream: ZipStream, prefetcher: Prefetcher) -> Iterator[bytes]:
    with closing(prefetcher):
        yield from stream


def require_ready(files: Sequence[SharedFile]) -> None:
    if not files:
        raise NotFound(_("There is no such file in this share."))
    refusals = [refusal for file in files if (refusal := policies.downloadable(file)) is not None]
    for refusal in refusals:
        if len(files) == 1 or isinstance(refusal, Withheld):
            raise refusal
    if refusals:
        raise NotReady(_("Some of these files are still uploading. Download the others, or wait for the rest."))


def _archive_name(share: Share, files: Sequence[SharedFile]) -> str:
    return safe_name(f"{display_title(share, files[0].name, len(files))}.zip")


def entry_names(files: Sequence[SharedFile]) -> Iterator[str]:
    """Folder and name of each file of one share, as ``file_names.distinct_paths`` has them among all files of it: the
    same in an archive of some as in one of all, and in ``SHA256SUMS``.
    """
    listed_files = SharedFile.objects.not_removed().filter(share__in={file.share_id for file in files})
    rows = list(listed_files.order_by("position", "pk").values_list("pk", "path", "name", "number"))
    names_by_id = dict(zip((row[0] for row in rows), distinct_paths(row[1:] for row in rows), strict=True))
    for file in files:
        # One that was removed a moment ago is not among them.
        yield names_by_id.get(file.pk) or download_path(file.path, file.name, file.number)
