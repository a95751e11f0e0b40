"""Thumbnails: made by the sender's browser, stored beside their file, shown to those who may see the list of files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from django.conf import settings
from django.utils.translation import gettext as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotReady, Refusal, StorageUnavailable
from shares.models import Share, SharedFile, Thumbnail
from shares.services.uploads import multipart
from shares.storage import Part, SignedPart, share_storage

# They are sent right after they were made; while a URL lives, the purge cannot be done with its object.
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as its maker announces it: ``size`` in bytes, ``width`` and ``height`` in pixels, and the MD5 where
    storage checks by that.
    """

    size: int
    sha256: bytes
    content_type: str
    width: int
    height: int
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be shown: where it can be had for a minute or two, and how large it is in pixels."""

    url: str = field(repr=False)
    width: int
    height: int


def sign(*, file: SharedFile, drawing: Drawing, caller: Caller, now: datetime) -> SignedPart:
    """A URL that stores exactly this picture beside ``file``. One picture a file: another one is refused."""
    _raise(_writable(file, caller, now) or _find_problem(drawing))
    multipart.require_md5(drawing.md5)
    until = now + timedelta(seconds=SECONDS)
    columns = {
        "content_type": drawing.content_type,
        "size": drawing.size,
        "sha256": drawing.sha256,
        "width": drawing.width,
        "height": drawing.height,
        "until": until,
    }
    thumbnail, fresh = Thumbnail.objects.get_or_create(file=file, defaults=columns)
    if not fresh:
        if not compare_digest(bytes(thumbnail.sha256), drawing.sha256):
            raise Invalid(_("This file already has a thumbnail."), field="checksum_sha256")
        Thumbnail.objects.filter(pk=thumbnail.pk).update(until=until)
    return share_storage().sign_whole(
        thumbnail.key,
        Part(1, thumbnail.size, drawing.sha256, drawing.md5),
        content_type=thumbnail.content_type,
        seconds=SECONDS,
        host=caller.host,
    )


def complete(*, file: SharedFile, caller: Caller, now: datetime) -> None:
    """Show the picture from now on, if storage holds exactly what was announced. Idempotent.

    Raises NotReady while it has not arrived, and Invalid when it turns out different.
    """
    _raise(_writable(file, caller, now))
    thumbnail = Thumbnail.objects.filter(pk=file.pk).first()
    stored_object = None if thumbnail is None else share_storage().head(thumbnail.key)
    if thumbnail is None or stored_object is None:
        raise NotReady(_("The thumbnail hasn't been uploaded."))
    if stored_object.size != thumbnail.size or (
        stored_object.sha256 and not compare_digest(stored_object.sha256, bytes(thumbnail.sha256))
    ):
        share_storage().delete_batch([thumbnail.key])
        raise Invalid(_("The uploaded bytes are not the thumbnail that was declared."))
    Thumbnail.objects.filter(pk=thumbnail.pk, ready_at__isnull=True).update(ready_at=now)


def pictures(*, share: Share, ids: Sequence[str], caller: Caller, now: datetime) -> dict[str, Picture]:
    """What can be shown beside the files ``ids`` of ``share``, by id. The caller has judged that the list may be seen.

    Of a strict share nobody but the owner gets any, since nothing reusable leaves it. Looking counts nothing.
    """
    owned = caller.user is not None and caller.user.pk == share.owner_id
    seconds = settings.DOWNLOAD_URL_SECONDS
    if share.expires_at is not None and not owned:
        seconds = min(seconds, int((share.expires_at - now).total_seconds()))
    if seconds < 1 or (share.strict and not owned):
        return {}
    thumbnails = Thumbnail.objects.filter(
        file__in=ids, file__share=share, file__ready_at__isnull=False, file__purged_at__isnull=True
    )
    try:
        return {
            thumbnail.pk: _picture(thumbnail, seconds, caller.host)
            for thumbnail in thumbnails.filter(ready_at__isnull=False)
        }
    except StorageUnavailable:
        return {}  # A list without pictures is still the list.


def _picture(thumbnail: Thumbnail, seconds: int, host: str) -> Picture:
    kind = thumbnail.content_type.partition("/")[2]
    signed_url = share_storage().sign_get(
        thumbnail.key,
        name=f"thumbnail.{kind}",
        content_type=thumbnail.content_type,
        inline=True,
        seconds=seconds,
        host=host,
    )
    return Picture(signed_url.url, thumbnail.width, thumbnail.height)


def _writable(file: SharedFile, caller: Caller, now: datetime) -> Refusal | None:
    return policies.owner_only(file.share, caller) or policies.receivable(file, file.share, now)


def _find_problem(drawing: Drawing) -> Refusal | None:
    if drawing.content_type not in Thumbnail.TYPES:
        return Invalid(
            _("The type of a thumbnail is one of: %(types)s.") % {"types": ", ".join(Thumbnail.TYPES)},
            field="content_type",
        )
    if not 1 <= drawing.size <= Thumbnail.MOST_BYTES:
        return Invalid(_("A thumbnail has 1 to %(limit)d bytes.") % {"limit": Thumbnail.MOST_BYTES}, field="size")
    for name, pixels in (("width", drawing.width), ("height", drawing.height)):
        if not 1 <= pixels <= Thumbnail.MOST_PIXELS:
            return Invalid(
                _("A thumbnail is 1 to %(limit)d pixels wide and high.") % {"limit": Thumbnail.MOST_PIXELS}, field=name
            )
    if len(drawing.sha256) != 32:
        return Invalid(_("A checksum is the SHA-256 of the bytes: 32 bytes, in base64."), field="checksum_sha256")
    return None


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
