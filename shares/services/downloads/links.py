"""Links for programs: the owner's own files, of any shares, by URLs that work for hours or days.

They take no download, need no password, and are recorded as the owner's.
"""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import READ, Caller
from shares.db import fast_path
from shares.errors import Expired, Invalid, NotFound, Refusal
from shares.models import Event, SharedFile
from shares.models.ids import is_valid_id, new_id
from shares.services import events, rate_limits
from shares.services.downloads.delivery import ATTACHMENT, Link, delivery_of, require_storage, url_seconds
from shares.services.downloads.visits import Visit
from shares.services.event_details import format_urls
from shares.storage import MAX_SIGNED_SECONDS, share_storage

MAX_FILES = 100


def create(*, file_ids: Sequence[str], seconds: int | None, caller: Caller, now: datetime) -> list[Link | Refusal]:
    """Return for each file, in order, a link or a refusal.

    A link works for ``seconds``, and no longer than LINK_SECONDS allows for its type, than its share, or than the
    credentials that sign it. A link to a file of a strict share leads to this server.
    """
    if not 1 <= len(file_ids) <= MAX_FILES:
        raise Invalid(_("Name 1 to %(limit)d files at a time."), field="files", limit=MAX_FILES)
    if len(set(file_ids)) != len(file_ids):
        raise Invalid(_("Each file can be named only once."), field="files")
    require_storage()
    listed_files = (
        SharedFile.objects.not_removed().select_related("share__owner").filter(pk__in=filter(is_valid_id, file_ids))
    )
    files = {file.pk: file for file in listed_files}
    refusals = {pk: _refuse(files.get(pk), caller, now) for pk in file_ids}
    signable_files = [files[pk] for pk, refusal in refusals.items() if refusal is None]
    rate_limits.consume_signatures(caller, len(signable_files))
    links: dict[str, Link | Refusal] = {}
    new_events: list[Event] = []
    visit = Visit(caller, now, reference=new_id())
    for file in signable_files:
        links[file.pk], file_events = _link(file, seconds, visit)
        new_events += file_events
    fast_path.record_events(new_events)
    return [refusals[pk] or links[pk] for pk in file_ids]


def allowed_seconds(content_type: str) -> int:
    """How long LINK_SECONDS lets a link to a file of this type work: its first pattern that matches decides."""
    for pattern, seconds in settings.LINK_SECONDS:
        if fnmatchcase(content_type.lower(), pattern):
            return min(int(seconds), MAX_SIGNED_SECONDS)
    return int(settings.DOWNLOAD_URL_SECONDS)


def _refuse(file: SharedFile | None, caller: Caller, now: datetime) -> Refusal | None:
    if file is None or not policies.owns(file.share, caller):
        return NotFound(_("There is no such file."))
    return policies.owner_only(file.share, caller, READ) or policies.may_download(
        file.share, [file], now, granted=True, unlocked=True
    )


def _link(file: SharedFile, seconds: int | None, visit: Visit) -> tuple[Link | Refusal, list[Event]]:
    share = file.share
    delivery = delivery_of(share)
    if not delivery.leaves_server:
        batch = delivery.links(share, [file], visit)
        return batch.links[0], batch.events
    lifetime = allowed_seconds(file.content_type)
    if seconds is not None:
        lifetime = min(lifetime, seconds)
    try:
        lifetime = url_seconds(share.expires_at, visit.now, lifetime)
    except Expired as refusal:
        return refusal, []
    signed_url = delivery.sign(file.key, file.download_name, ATTACHMENT, lifetime, visit.caller, visit.reference)
    event = events.line(
        Event.Kind.SIGNED,
        caller=visit.caller,
        share=share,
        file=file,
        now=visit.now,
        detail=format_urls(count=1, seconds=signed_url.expires_in, key=share_storage().signing_key_id(lifetime)),
        reference=visit.reference,
    )
    return Link(file.pk, signed_url.url, signed_url.expires_in), [event]
