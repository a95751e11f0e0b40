"""What a recipient may see of a share: judged at the look, never counted, never signed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from shares import policies
from shares.callers import Caller
from shares.errors import Locked
from shares.file_names import safe_name, with_ordinal
from shares.models import Scan, Share, SharedFile, Upload
from shares.services.downloads import folders, grants
from shares.services.downloads.folders import Branch, Entry, Folder
from shares.services.downloads.grants import Held
from shares.services.sharing.summaries import display_title

PAGE = 500
ANONYMOUS = Caller()
# Rows are stamped with the moment a request began and seen when it has committed; what lies between is told twice.
OVERLAP = timedelta(seconds=10)
SOON, SELDOM = 1, 15
# So few files are always told whole: that also shows which of them are gone.
FEW = 50
# From this size on, in bytes, a download outlives its address on many lines; the page's script then stands by it.
LARGE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PublicFile:
    """``download_name`` is one that every system can make. ``folder`` is empty at the top level; ``size`` in bytes;
    ``sha256`` in hex, empty where nobody knows it.

    ``state`` is uploading, scanning, withheld or ready; ``withheld`` says why; ``unscanned``: ready, but too large for
    the virus scanner.
    """

    id: str
    name: str
    download_name: str
    folder: str
    size: int
    content_type: str
    state: str
    ready: bool
    withheld: str
    unscanned: bool
    sha256: str
    sha256_checked: bool
    checked_by_md5: bool

    @property
    def large(self) -> bool:
        return self.size >= LARGE


@dataclass(frozen=True, slots=True)
class PublicShare:
    """``files`` is one page of at most ``PAGE``, or what changed on it; ``rows`` is how many the whole page has.

    ``tree`` is the same page in its folders; without one, where only changes are told. The totals speak of all files
    but those withheld, which are counted apart. ``size`` in bytes.
    """

    title: str
    message: str
    sender: str
    files: tuple[PublicFile, ...]
    tree: Branch[PublicFile] | None
    order: str
    total_files: int
    ready_files: int
    scanning_files: int
    withheld_files: int
    size: int
    expires_at: datetime | None
    max_downloads: int | None
    remaining: int | None
    has_password: bool
    granted: bool
    own: bool
    used_up: bool
    strict: bool
    rows: int
    pages: int

    @property
    def waiting(self) -> bool:
        return self.ready_files < self.total_files

    @property
    def packs(self) -> bool:
        """Whether the page's script has something to put together or to stand by."""
        return self.total_files > 1 or any(file.large for file in self.files)

    @property
    def only_scanning(self) -> bool:
        """True if all that is still missing is before the virus scanner."""
        return 0 < self.scanning_files == self.total_files - self.ready_files

    @property
    def whole_name(self) -> str:
        """The name under which the one file, or the archive of all, is saved."""
        alone = (
            next((file.download_name for file in self.files if not file.withheld), "") if self.total_files == 1 else ""
        )
        return alone or safe_name(f"{self.title}.zip")

    @property
    def has_checksums(self) -> bool:
        return any(file.sha256 for file in self.files)


def look(
    *,
    share: Share,
    held: Held,
    now: datetime,
    caller: Caller = ANONYMOUS,
    page: int = 1,
    order: str = folders.NAME,
    since: datetime | None = None,
) -> PublicShare:
    """The open page of ``share``; of its files only those that came or became ready ``since``, where that is given.

    Raises Removed, Expired, UsedUp, or Locked while a password stands before it.
    """
    granted = admit(share=share, held=held, caller=caller, now=now)
    listed_files = share.files.not_removed()
    totals, start = _totals(listed_files), (page - 1) * PAGE
    rows = totals.pop("rows")
    files, tree = _list_files(listed_files, rows, start, order, since)
    return PublicShare(
        title=display_title(share, "" if share.title else _first(listed_files), totals["total_files"]),
        message=share.message,
        sender=share.owner.display_name,
        files=files,
        tree=tree,
        order=order,
        **totals,
        expires_at=share.expires_at,
        max_downloads=share.max_downloads,
        remaining=share.remaining,
        has_password=share.has_password,
        granted=granted,
        own=policies.owns(share, caller),
        used_up=share.used_up_at is not None,
        strict=share.strict,
        rows=max(0, min(PAGE, rows - start)),
        pages=max(1, -(-rows // PAGE)),
    )


def _first(listed_files: QuerySet[SharedFile]) -> str:
    """The name that stands for a share without a title."""
    return listed_files.order_by("position", "pk").values_list("name", flat=True).first() or ""


def _totals(listed_files: QuerySet[SharedFile]) -> dict[str, int]:
    """What ``PublicShare`` says of all files, and ``rows``, how many those are."""
    offered = Q(withheld="")
    totals: dict[str, int] = listed_files.aggregate(
        total_files=Count("pk", filter=offered),
        ready_files=Count("pk", filter=Q(ready_at__isnull=False)),
        scanning_files=Count("pk", filter=offered & Q(stored_at__isnull=False, ready_at__isnull=True)),
        withheld_files=Count("pk", filter=~offered),
        size=Coalesce(Sum("size", filter=offered), 0),
    )
    return totals | {"rows": totals["total_files"] + totals["withheld_files"]}


def admit(*, share: Share, held: Held, now: datetime, caller: Caller = ANONYMOUS) -> bool:
    """Whether the browser holds a grant, or is the owner's, which needs none.

    Raises Removed, Expired, UsedUp, or Locked while a password stands before.
    """
    is_owner = policies.owns(share, caller)
    granted = is_owner or grants.read_grant(held.grant, share, now) is not None
    if share.used_up_at is not None and not granted:
        granted = grants.former(held.browser, share, now) is not None
    refusal = policies.reachable(share, now, granted=granted)
    if refusal is None and not is_owner and not grants.unlocked(held, share, now):
        refusal = Locked()
    if refusal is not None:
        raise refusal
    return granted


def changed(
    listed_files: QuerySet[SharedFile], page: QuerySet[SharedFile], updated_after: datetime | None
) -> QuerySet[SharedFile]:
    """What of ``page``, a slice of ``listed_files``, came or went on after ``updated_after``; all of it for None."""
    if updated_after is None or not listed_files[FEW : FEW + 1].exists():
        return page
    return listed_files.filter(_came(updated_after), pk__in=page.values("pk"))


def look_again(*, share: Share, ready: bool, now: datetime) -> int:
    """Seconds until another look is worth its cost; 0 when all files are there.

    Who is sending asks for part URLs at least as often as they end; without that sign nothing can arrive soon, unless
    it is before the virus scanner, and that answers.
    """
    if ready:
        return 0
    alive = now - timedelta(seconds=settings.UPLOAD_URL_SECONDS)
    uploads = Upload.objects.filter(
        file__share=share,
        file__ready_at__isnull=True,
        file__stored_at__isnull=True,
        file__removed_at__isnull=True,
        touched_at__gte=alive,
    )
    scanning = Scan.objects.open().filter(file__share=share, last_error="")
    return SOON if uploads.exists() or scanning.exists() else SELDOM


def _list_files(
    listed_files: QuerySet[SharedFile], rows: int, start: int, order: str, updated_after: datetime | None
) -> tuple[tuple[PublicFile, ...], Branch[PublicFile] | None]:
    """One page of ``rows`` files, as they stand under one another and in their folders; of many only what came
    ``updated_after``, where that is given.
    """
    full = listed_files.select_related("upload", "scan")
    if updated_after is not None and rows > FEW:
        late = [_public(file) for file in full.filter(_came(updated_after))]
        # Of several pages only what stands on this one.
        page_ids = (
            set(_slice(_arranged(listed_files, order), start)) if late and rows > PAGE else {file.id for file in late}
        )
        return tuple(file for file in late if file.id in page_ids), None
    root = _arranged(listed_files, order)
    ids = _slice(root, start)
    # Without a list of names for the many shares whose files all stand on one page.
    page = full if len(ids) == root.files else full.filter(pk__in=ids)
    files_by_id = {file.id: file for file in map(_public, page)}
    return tuple(files_by_id[pk] for pk in ids if pk in files_by_id), folders.branch(root, files_by_id)


def _came(updated_after: datetime) -> Q:
    """What was declared, arrived or became ready since then; and what is withheld, which has no moment of its own."""
    moments = ("created_at", "stored_at", "ready_at")
    return Q(*((f"{moment}__gte", updated_after - OVERLAP) for moment in moments), _connector=Q.OR) | ~Q(withheld="")


def _arranged(listed_files: QuerySet[SharedFile], order: str) -> Folder:
    """Of all files, but only what order and folders need of them: a share may hold ten thousand."""
    rows = listed_files.order_by("position", "pk").values_list("pk", "name", "number", "path", "size", "created_at")
    entries = (
        Entry(pk, with_ordinal(name, number), path, size, created_at)
        for pk, name, number, path, size, created_at in rows
    )
    return folders.arranged(entries, order)


def _slice(root: Folder, start: int) -> list[str]:
    return [entry.id for entry in islice(folders.in_order(root), start, start + PAGE)]


def _public(file: SharedFile) -> PublicFile:
    return PublicFile(
        id=file.pk,
        name=file.display_name,
        download_name=file.download_name,
        folder=file.path,
        size=file.size,
        content_type=file.content_type,
        state=file.state.value,
        ready=file.state == SharedFile.State.READY,
        withheld=file.withheld,
        unscanned=file.unscanned,
        sha256=file.sha256_hex,
        sha256_checked=file.sha256_checked,
        checked_by_md5=file.checked_by_md5,
    )
