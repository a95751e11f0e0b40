"""What a recipient may see of a share: judged at the look, never counted, never signed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from shares import policies
from shares.errors import Locked
from shares.models import Share, SharedFile
from shares.services import grants
from shares.services.grants import Held
from shares.services.summaries import shown_title

PAGE = 500


@dataclass(frozen=True, slots=True)
class PublicFile:
    """``folder`` is empty at the top level; ``size`` in bytes; ``sha256`` in hex, empty where nobody knows it."""

    id: str
    name: str
    folder: str
    size: int
    content_type: str
    ready: bool
    sha256: str


@dataclass(frozen=True, slots=True)
class PublicShare:
    """``files`` is one page of at most ``PAGE``; the totals speak of all. ``size`` in bytes."""

    title: str
    message: str
    sender: str
    files: tuple[PublicFile, ...]
    total_files: int
    ready_files: int
    size: int
    expires_at: datetime | None
    max_downloads: int | None
    remaining: int | None
    has_password: bool
    granted: bool
    used_up: bool
    pages: int


def look(*, share: Share, held: Held, now: datetime, page: int = 1) -> PublicShare:
    """The open page of ``share``. Raises Removed, Expired, UsedUp, or Locked while a password stands before it."""
    granted = grants.read_grant(held.grant, share, now) is not None
    refusal = policies.reachable(share, now, granted=granted)
    if refusal is None and not grants.unlocked(held, share, now):
        refusal = Locked()
    if refusal is not None:
        raise refusal
    listed = share.files.listed().order_by("position", "pk")
    totals = listed.aggregate(files=Count("pk"), ready=Count("pk", filter=Q(ready_at__isnull=False)), size=Sum("size"))
    start = (page - 1) * PAGE
    files = _files(listed[start : start + PAGE])
    return PublicShare(
        title=shown_title(share, files[0].name if files else "", totals["files"]),
        message=share.message,
        sender=share.owner.shown_name,
        files=files,
        total_files=totals["files"],
        ready_files=totals["ready"],
        size=totals["size"] or 0,
        expires_at=share.expires_at,
        max_downloads=share.max_downloads,
        remaining=share.remaining,
        has_password=share.has_password,
        granted=granted,
        used_up=share.used_up_at is not None,
        pages=max(1, -(-totals["files"] // PAGE)),
    )


def _files(files: Iterable[SharedFile]) -> tuple[PublicFile, ...]:
    return tuple(
        PublicFile(
            id=file.pk,
            name=file.name,
            folder=file.path,
            size=file.size,
            content_type=file.content_type,
            ready=file.state == SharedFile.State.READY,
            sha256=file.sha256_hex,
        )
        for file in files
    )
