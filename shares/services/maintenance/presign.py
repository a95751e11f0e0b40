"""Signed URLs of one object for operators, at the command line: recorded as every other one is.

The file of a share gets the URL that its owner can get. Any other object of the bucket is named by its key.
"""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound
from shares.models import Event, SharedFile, Thumbnail
from shares.models.ids import ID_LENGTH, is_valid_id, new_id
from shares.services import events
from shares.services.downloads.delivery import ATTACHMENT, delivery_of, signed_delivery, url_seconds
from shares.services.downloads.previews import preview_type_of
from shares.services.event_details import format_urls
from shares.storage import MAX_SIGNED_SECONDS, share_storage
from shares.storage.response_headers import MEDIA_TYPE

# Of the names of S3.
MAX_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PresignedUrl:
    """``headers`` must be sent with a PUT exactly as they are. The URL is a credential, so it is not in ``repr``."""

    url: str = field(repr=False)
    headers: dict[str, str]
    expires_in: int


def presign_get(*, target: str, seconds: int, as_attachment: bool, now: datetime) -> PresignedUrl:
    """The URL of ``target``, a key or ``<share id>/<file id>``; shown inline where a page would show its type.

    It works for ``seconds``, and no longer than its share or the credentials. Raises Invalid, NotFound, or what a
    download of the file would raise.
    """
    _require_seconds(seconds)
    file = _find_file(target)
    if file is not None:
        return _presign_file(file, seconds, as_attachment, now)
    _require_key(target)
    if share_storage().objects.head(target) is None:
        raise NotFound(_("There is no object and no file “%(target)s”."), target=target)
    name, reference, caller = target.rpartition("/")[2], new_id(), _operator()
    signed_url = signed_delivery(cacheable=False).sign(target, name, ATTACHMENT, seconds, caller, reference)
    _record(Event.Kind.SIGNED, target, signed_url.expires_in, reference, now)
    return PresignedUrl(signed_url.url, {}, signed_url.expires_in)


def presign_put(*, key: str, seconds: int, content_type: str, size: int | None, now: datetime) -> PresignedUrl:
    """A URL that stores a new object as ``key``, of exactly ``size`` bytes and ``content_type`` if they are given.

    Raises Invalid for a key that no object can have, or one that exists.
    """
    _require_seconds(seconds)
    _require_key(key)
    if size is not None and size < 1:
        raise Invalid(_("An object needs at least one byte."), field="size")
    if MEDIA_TYPE.fullmatch(content_type) is None:
        raise Invalid(_("This is no media type, such as text/plain."), field="content_type")
    store = share_storage()
    is_of_site = SharedFile.objects.filter(key=key).exists() or Thumbnail.objects.filter(key=key).exists()
    if is_of_site or store.objects.head(key) is not None:
        raise Invalid(_("There is already an object “%(key)s”."), field="key", key=key)
    reference = new_id()
    signed_put = store.sign_put(
        key, size=size, content_type=content_type, seconds=seconds, host=_operator().host, reference=reference
    )
    _record(Event.Kind.UPLOAD_URLS, key, signed_put.expires_in, reference, now)
    return PresignedUrl(signed_put.url, signed_put.headers, signed_put.expires_in)


def _find_file(target: str) -> SharedFile | None:
    """The file that ``target`` names by its key, or by the ids of its share and itself."""
    if not is_valid_id(target):
        return None
    files = SharedFile.objects.select_related("share__owner")
    share_id, slash, file_id = target.partition("/")
    if slash and len(share_id) == len(file_id) == ID_LENGTH:
        return files.filter(pk=file_id, share=share_id).first()
    return files.filter(key=target).first()


def _presign_file(file: SharedFile, seconds: int, as_attachment: bool, now: datetime) -> PresignedUrl:
    share = file.share
    policies.require(policies.may_download(share, [file], now, granted=True, unlocked=True))
    delivery = delivery_of(share)
    if not delivery.leaves_server:
        raise Invalid(_("This share is strict: its files have no URL that works without this server."))
    seconds = url_seconds(share.expires_at, now, seconds)
    preview_type = None if as_attachment else preview_type_of(file)
    disposition = ATTACHMENT if preview_type is None else preview_type.disposition
    reference = new_id()
    signed_url = delivery.sign(file.key, file.download_name, disposition, seconds, _operator(), reference)
    _record(Event.Kind.SIGNED, file.key, signed_url.expires_in, reference, now, file)
    return PresignedUrl(signed_url.url, {}, signed_url.expires_in)


def _operator() -> Caller:
    """No account and no address; URLs are for browsers that open the site at its own address."""
    return Caller(host=urlsplit(settings.SITE_URL).hostname or "")


def _require_seconds(seconds: int) -> None:
    if not 1 <= seconds <= MAX_SIGNED_SECONDS:
        raise Invalid(_("A URL can work for 1 to %(limit)d seconds."), field="seconds", limit=MAX_SIGNED_SECONDS)


def _require_key(key: str) -> None:
    """Refuse what no object can be named, and what a client would turn into another name on the way."""
    # Not printable: control characters, and bytes of the command line that are no UTF-8.
    has_empty_step = any(step in ("", ".", "..") for step in key.split("/"))
    if not key.isprintable() or has_empty_step or len(key.encode()) > MAX_KEY_BYTES:
        raise Invalid(_("%(key)s can't be the key of an object."), field="key", key=ascii(key)[:80])


def _record(
    kind: Event.Kind,
    key: str,
    seconds: int,
    reference: str,
    now: datetime,
    file: SharedFile | None = None,
) -> None:
    """One event of the server itself, with the key of the object, the life of the URL and the access key."""
    detail = format_urls(count=1, seconds=seconds, key=share_storage().signing_key_id(seconds), object_key=key)
    share = file.share if file is not None else None
    events.record(kind, caller=_operator(), share=share, file=file, now=now, detail=detail, reference=reference)
