"""The page of a share as a recipient may see it. Loading it counts nothing and signs no download."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from shares import policies
from shares.file_names import safe_name, with_ordinal
from shares.models import Scan, Share, SharedFile, Upload
from shares.services.downloads import folders
from shares.services.downloads.access import require_access
from shares.services.downloads.delivery import Delivery, delivery_of
from shares.services.downloads.folders import Branch, Entry, Folder
from shares.services.downloads.visits import Visit
from shares.services.sharing.summaries import display_title

PAGE_FILES = 500
# Rows have the time at which a request began and are visible once it has committed: the overlap is reported twice.
OVERLAP = timedelta(seconds=10)
MIN_POLL_SECONDS, MAX_POLL_SECONDS = 1, 15
# A share of so few files is always listed in full, which also shows which files are gone.
SMALL_SHARE_FILES = 50
# From this size on, in bytes, a download takes longer than its URL works on many lines; the page's script renews it.
LARGE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PublicFile:
    """``download_name`` is valid on every system. ``folder`` is empty at the top level; ``size`` in bytes;
    ``sha256`` in hex, empty if unknown.

    ``state`` is uploading, scanning, withheld or ready; ``withheld`` is the reason; ``unscanned``: ready, but too large
    for the virus scanner.
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
    can_resume: bool = True

    @property
    def large(self) -> bool:
        """Whether the page's script downloads it in ranges."""
        return self.size >= LARGE_BYTES and self.can_resume


@dataclass(frozen=True, slots=True)
class PublicShare:
    """``files`` is one page of at most ``PAGE_FILES``, or what changed on it; ``rows`` is how many the whole page has.

    ``tree`` is the same page in its folders; None for changes alone. The totals are those of all files but the
    withheld ones, which are counted separately. ``size`` in bytes.
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
    is_owner: bool
    used_up: bool
    can_preview: bool
    rows: int
    pages: int

    @property
    def waiting(self) -> bool:
        return self.ready_files < self.total_files

    @property
    def packs(self) -> bool:
        """Whether the page needs the script of archives and large downloads."""
        return self.total_files > 1 or any(file.large for file in self.files)

    @property
    def only_scanning(self) -> bool:
        """True if all that is still missing is before the virus scanner."""
        return 0 < self.scanning_files == self.total_files - self.ready_files

    @property
    def archive_or_file_name(self) -> str:
        """The name under which the one file, or the archive of all, is saved."""
        alone = (
            next((file.download_name for file in self.files if not file.withheld), "") if self.total_files == 1 else ""
        )
        return alone or safe_name(f"{self.title}.zip")

    @property
    def has_checksums(self) -> bool:
        return any(file.sha256 for file in self.files)


def load_page(
    *,
    share: Share,
    visit: Visit,
    page: int = 1,
    order: str = folders.NAME,
    updated_after: datetime | None = None,
) -> PublicShare:
    """The open page of ``share``; of its files only those that arrived or became ready ``updated_after``, if given.

    Raises Removed, Expired, UsedUp, or Locked while a password is required.
    """
    granted = require_access(share=share, visit=visit)
    listed_files = share.files.not_removed()
    totals, start = _totals(listed_files), (page - 1) * PAGE_FILES
    rows = totals.pop("rows")
    delivery = delivery_of(share)
    files, tree = _list_files(listed_files, rows, start, order, updated_after, delivery)
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
        is_owner=policies.owns(share, visit.caller),
        used_up=share.used_up_at is not None,
        can_preview=delivery.can_preview,
        rows=max(0, min(PAGE_FILES, rows - start)),
        pages=max(1, -(-rows // PAGE_FILES)),
    )


def _first(listed_files: QuerySet[SharedFile]) -> str:
    """The name of the first file, for a share without a title."""
    return listed_files.order_by("position", "pk").values_list("name", flat=True).first() or ""


def _totals(listed_files: QuerySet[SharedFile]) -> dict[str, int]:
    """The totals of ``PublicShare``, and ``rows``, the number of all files."""
    offered = Q(withheld="")
    totals: dict[str, int] = listed_files.aggregate(
        total_files=Count("pk", filter=offered),
        ready_files=Count("pk", filter=Q(ready_at__isnull=False)),
        scanning_files=Count("pk", filter=offered & Q(stored_at__isnull=False, ready_at__isnull=True)),
        withheld_files=Count("pk", filter=~offered),
        size=Coalesce(Sum("size", filter=offered), 0),
    )
    return totals | {"rows": totals["total_files"] + totals["withheld_files"]}


def changed_files(
    listed_files: QuerySet[SharedFile], page: QuerySet[SharedFile], updated_after: datetime | None
) -> QuerySet[SharedFile]:
    """The files of ``page``, a slice of ``listed_files``, that changed after ``updated_after``; all for None."""
    if updated_after is None or not listed_files[SMALL_SHARE_FILES : SMALL_SHARE_FILES + 1].exists():
        return page
    return listed_files.filter(_updated_since(updated_after), pk__in=page.values("pk"))


def poll_interval(*, share: Share, ready: bool, now: datetime) -> int:
    """Seconds until the page should load changes again; 0 when all files are there.

    A sender requests URLs of parts at least as often as they expire; otherwise nothing can arrive soon, unless it is
    being scanned.
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
    return MIN_POLL_SECONDS if uploads.exists() or scanning.exists() else MAX_POLL_SECONDS


def _list_files(
    listed_files: QuerySet[SharedFile],
    rows: int,
    start: int,
    order: str,
    updated_after: datetime | None,
    delivery: Delivery,
) -> tuple[tuple[PublicFile, ...], Branch[PublicFile] | None]:
    """One page of ``rows`` files, as a list and in their folders; of many only those ``updated_after``, if given."""
    full = listed_files.select_related("upload", "scan")
    if updated_after is not None and rows > SMALL_SHARE_FILES:
        late = [_public(file, delivery) for file in full.filter(_updated_since(updated_after))]
        # Of several pages only the files of this one.
        page_ids = (
            set(_slice(_arranged(listed_files, order), start))
            if late and rows > PAGE_FILES
            else {file.id for file in late}
        )
        return tuple(file for file in late if file.id in page_ids), None
    root = _arranged(listed_files, order)
    ids = _slice(root, start)
    # Most shares have one page: the query needs no list of ids.
    page = full if len(ids) == root.files else full.filter(pk__in=ids)
    files_by_id = {file.pk: _public(file, delivery) for file in page}
    return tuple(files_by_id[pk] for pk in ids if pk in files_by_id), folders.branch(root, files_by_id)


def _updated_since(updated_after: datetime) -> Q:
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
    return folders.arrange(entries, order)


def _slice(root: Folder, start: int) -> list[str]:
    return [entry.id for entry in islice(folders.in_order(root), start, start + PAGE_FILES)]


def _public(file: SharedFile, delivery: Delivery) -> PublicFile:
    """Its checksums only if recipients get the bytes that they are of."""
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
        sha256=file.sha256_hex if delivery.has_checksums else "",
        sha256_checked=file.sha256_checked,
        checked_by_md5=file.checked_by_md5 and delivery.has_checksums,
        can_resume=delivery.can_resume,
    )
