"""Thumbnails: drawn by the sender's browser, stored beside their file, displayed to those who may list the files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Expired, Invalid, NotReady, Refusal, StorageUnavailable
from shares.models import Event, Share, SharedFile, Thumbnail
from shares.models.ids import new_id
from shares.services import events, rate_limits, throttles
from shares.services.downloads.delivery import Delivery, ResponseDisposition, delivery_of, signed_delivery, url_seconds
from shares.services.uploads.checks import require_checksums, require_upload
from shares.services.uploads.labels import labels_of
from shares.services.uploads.signed_urls import record_urls
from shares.storage import Part, SignedPart, share_storage

# They are sent immediately; the purge cannot finish with an object while a URL for it is valid.
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as the browser announces it: ``size`` in bytes, ``width`` and ``height`` in pixels, and the MD5 if
    storage verifies by that.
    """

    size: int
    sha256: bytes
    content_type: str
    width: int
    height: int
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to display: its URL, which works for a minute or two, and its size in pixels."""

    url: str = field(repr=False)
    width: int
    height: int


def sign(*, file: SharedFile, drawing: Drawing, caller: Caller, now: datetime) -> SignedPart:
    """Return a URL that stores exactly this picture beside ``file``. A different second picture is refused."""
    require_upload(file, caller, now)
    problem = _find_problem(drawing)
    if problem is not None:
        raise problem
    require_checksums(drawing.sha256, drawing.md5)
    rate_limits.consume_signatures(caller, 1)
    until = now + timedelta(seconds=SECONDS)
    columns = {
        "content_type": drawing.content_type,
        "size": drawing.size,
        "sha256": drawing.sha256,
        "width": drawing.width,
        "height": drawing.height,
        "urls_expire_at": until,
    }
    thumbnail, fresh = Thumbnail.objects.get_or_create(file=file, defaults=columns)
    if not fresh:
        if not compare_digest(bytes(thumbnail.sha256), drawing.sha256):
            raise Invalid(_("This file already has a thumbnail."), field="checksum_sha256")
        Thumbnail.objects.filter(pk=thumbnail.pk).update(urls_expire_at=until)
    reference = new_id()
    record_urls(share=file.share, file=file, caller=caller, now=now, count=1, seconds=SECONDS, reference=reference)
    return share_storage().sign_whole(
        thumbnail.key,
        Part(1, thumbnail.size, drawing.sha256, drawing.md5),
        content_type=thumbnail.content_type,
        seconds=SECONDS,
        host=caller.host,
        labels=labels_of(file.share),
        reference=reference,
    )


def complete(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Make the picture ready, if storage has exactly what was announced. Idempotent.

    Raises NotReady while it has not arrived, and Invalid if it differs.
    """
    require_upload(file, caller, now)
    thumbnail = Thumbnail.objects.filter(pk=file.pk).first()
    stored_object = None if thumbnail is None else share_storage().objects.head(thumbnail.key)
    if thumbnail is None or stored_object is None:
        raise NotReady(_("The thumbnail hasn't been uploaded."))
    if stored_object.size != thumbnail.size or (
        stored_object.sha256 and not compare_digest(stored_object.sha256, bytes(thumbnail.sha256))
    ):
        share_storage().objects.delete([thumbnail.key])
        raise Invalid(_("The uploaded bytes are not the thumbnail that was declared."))
    Thumbnail.objects.filter(pk=thumbnail.pk, ready_at__isnull=True).update(ready_at=now)


def pictures(*, share: Share, ids: Sequence[str], caller: Caller, now: datetime) -> dict[str, Picture]:
    """Return the pictures of the files ``ids`` of ``share``, by id. The caller has checked that the list may be
    displayed.

    Only the owner gets those of a strict share, since no reusable URL leaves it. Displaying them counts nothing; their
    URLs are recorded.
    """
    owned = policies.owns(share, caller)
    delivery = delivery_of(share)
    if not owned and not delivery.can_show_thumbnails:
        return {}
    if not delivery.can_show_thumbnails:
        delivery = signed_delivery(cacheable=False)
    ready_files = {"file__share": share, "file__ready_at__isnull": False, "file__purged_at__isnull": True}
    thumbnails = list(Thumbnail.objects.filter(file__in=ids, ready_at__isnull=False, **ready_files))
    reference = _reference(share, caller)
    try:
        seconds = url_seconds(None if owned else share.expires_at, now)
        pictures_by_id = {
            thumbnail.pk: _picture(delivery, thumbnail, seconds, caller, reference) for thumbnail in thumbnails
        }
        _record_pictures(len(thumbnails), share, caller, now, seconds, reference)
    except (Expired, StorageUnavailable, DatabaseError):
        # The list works without pictures: storage is away, or a database that only reads does not record their URLs.
        return {}
    return pictures_by_id


def _record_pictures(count: int, share: Share, caller: Caller, now: datetime, seconds: int, reference: str) -> None:
    """Once in a while for each address: an open page requests them again and again."""
    if count and events.is_first(f"thumbnails:{share.pk}", "", caller=caller, now=now):
        kind = Event.Kind.THUMBNAIL_URLS
        record_urls(share=share, caller=caller, now=now, count=count, seconds=seconds, reference=reference, kind=kind)


def _reference(share: Share, caller: Caller) -> str:
    """What all thumbnail URLs of a share contain for one address: a page that displays them has no grant yet."""
    return throttles.hash_address(throttles.source(caller.address), salt=f"shares.thumbnails.{share.pk}")[:22]


def _picture(delivery: Delivery, thumbnail: Thumbnail, seconds: int, caller: Caller, reference: str) -> Picture:
    kind = thumbnail.content_type.partition("/")[2]
    disposition = ResponseDisposition(media_type=thumbnail.content_type)
    signed_url = delivery.sign(thumbnail.key, f"thumbnail.{kind}", disposition, seconds, caller, reference)
    return Picture(signed_url.url, thumbnail.width, thumbnail.height)


def _find_problem(drawing: Drawing) -> Refusal | None:
    if drawing.content_type not in Thumbnail.TYPES:
        return Invalid(
            _("The type of a thumbnail is one of: %(types)s."),
            field="content_type",
            types=", ".join(Thumbnail.TYPES),
        )
    if not 1 <= drawing.size <= Thumbnail.MAX_BYTES:
        return Invalid(_("A thumbnail has 1 to %(limit)d bytes."), field="size", limit=Thumbnail.MAX_BYTES)
    for name, pixels in (("width", drawing.width), ("height", drawing.height)):
        if not 1 <= pixels <= Thumbnail.MAX_PIXELS:
            return Invalid(
                _("A thumbnail is 1 to %(limit)d pixels wide and high."), field=name, limit=Thumbnail.MAX_PIXELS
            )
    return None
