"""The events of signed URLs of uploads and thumbnails, with their number, their life and the key."""

from collections.abc import Iterable
from datetime import datetime

from shares.callers import Caller
from shares.models import Event, Share, SharedFile
from shares.services import events
from shares.services.event_details import format_urls
from shares.storage import share_storage


def record_urls(
    *,
    share: Share,
    caller: Caller,
    now: datetime,
    count: int,
    seconds: int,
    reference: str,
    file: SharedFile | None = None,
    kind: Event.Kind = Event.Kind.UPLOAD_URLS,
) -> None:
    """Record ``count`` URLs that contain ``reference``; of ``file`` if they are all of one."""
    detail = format_urls(count=count, seconds=seconds, key=share_storage().signing_key_id(seconds))
    events.record(kind, caller=caller, share=share, file=file, now=now, detail=detail, reference=reference)


def record_urls_of_files(
    files: Iterable[SharedFile], *, caller: Caller, now: datetime, seconds: int, reference: str
) -> None:
    """Record a URL for each of ``files``, which may be of several shares."""
    counts: dict[str, int] = {}
    shares: dict[str, Share] = {}
    for file in files:
        counts[file.share_id] = counts.get(file.share_id, 0) + 1
        shares[file.share_id] = file.share
    for share_id, count in counts.items():
        record_urls(share=shares[share_id], caller=caller, now=now, count=count, seconds=seconds, reference=reference)
