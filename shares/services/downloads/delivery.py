"""Delivery: the one decision how the bytes of a share's files reach a recipient.

It is made for a share and its storage: a signed URL, by one of the ways that the storage has a signer for; a stream
through this server; or a handoff to the reverse proxy. Everything else asks the delivery what is possible;
``share.strict`` is read here and nowhere else, and no other module chooses a way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings

from shares.callers import Caller
from shares.errors import Expired, StorageRefuses, StorageUnavailable
from shares.models import Event, Share, SharedFile
from shares.services import events
from shares.services.downloads import grants
from shares.services.downloads.visits import Visit
from shares.storage import NO_STORE, DownloadWay, SignedCookies, SignedUrl, State, share_storage

OPAQUE = "application/octet-stream"
# For the edge alone: a browser asks again each time, with another URL.
EDGE_CACHE = "public, max-age=0, s-maxage=%d"


@dataclass(frozen=True, slots=True)
class Link:
    """An address of one file that works for ``expires_in`` seconds."""

    file_id: str
    url: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class ResponseDisposition:
    """How storage responds: with ``media_type`` for display, or with an attachment of opaque bytes.

    ``detail`` is recorded in the history.
    """

    media_type: str = ""
    detail: str = ""


ATTACHMENT = ResponseDisposition()


@dataclass(frozen=True, slots=True)
class Download:
    """A download that started: the token of its grant ("" for the owner), when that expires, and the links.

    ``fresh``: this request took a download of the limit.
    """

    grant: str
    grant_expires_at: datetime
    fresh: bool
    links: tuple[Link, ...]
    cookies: SignedCookies | None = None


@dataclass(frozen=True, slots=True)
class LinkBatch:
    """Links, the unsaved events that record them, and the cookies without which they do not work, if there are any."""

    links: tuple[Link, ...]
    events: list[Event]
    cookies: SignedCookies | None = None


class Sender(Enum):
    """What sends the bytes to the client."""

    STORAGE = "storage"
    APPLICATION = "application"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the files of one share are delivered.

    ``download_way``: how URLs are signed, if storage sends the bytes. ``cache_control`` is the header of responses.
    ``is_exact``: recipients get the stored bytes; otherwise an Object Lambda function may rewrite them, and neither
    their number nor a checksum is known before.
    """

    sender: Sender
    download_way: DownloadWay
    cache_control: str = NO_STORE
    is_exact: bool = True

    @property
    def leaves_server(self) -> bool:
        """Whether the client gets an address that works without this server."""
        return self.sender is Sender.STORAGE

    @property
    def can_preview(self) -> bool:
        """A preview is displayed from its address, which no page of a strict share may contain."""
        return self.leaves_server

    @property
    def can_zip_in_browser(self) -> bool:
        """Through this server, every file of the archive would take one of the few streams. The browser must know the
        size of each file.
        """
        return self.leaves_server and self.is_exact

    @property
    def can_resume(self) -> bool:
        """Whether ranges of a file belong together."""
        return self.is_exact

    @property
    def has_checksums(self) -> bool:
        return self.is_exact

    @property
    def can_show_thumbnails(self) -> bool:
        return self.leaves_server

    @property
    def counts_finished_downloads(self) -> bool:
        """Whether the access log of the storage shows which client got how many bytes."""
        return self.leaves_server and self.is_exact and bool(settings.ACCESS_LOG)

    @property
    def max_url_seconds(self) -> int | None:
        """How long a URL can work at most, whatever the settings; None without a limit."""
        return share_storage().download_signers[self.download_way].max_seconds

    def links(
        self, share: Share, files: Sequence[SharedFile], visit: Visit, disposition: ResponseDisposition = ATTACHMENT
    ) -> LinkBatch:
        """The links to ``files`` of ``share``.

        A link to this server is recorded when it is followed. Raises Expired or StorageUnavailable.
        """
        if not self.leaves_server:
            return LinkBatch(tuple(_link_to_server(share, file, visit.now) for file in files), [])
        folder = self._cookie_folder(files, visit) if disposition == ATTACHMENT else ""
        if folder:
            links, cookies = self._links_with_cookies(folder, files, share, visit)
        else:
            links, cookies = tuple(self.link(file, visit, share.expires_at, disposition) for file in files), None
        new_events = [
            events.line(
                Event.Kind.SIGNED,
                caller=visit.caller,
                share=share,
                file=file,
                now=visit.now,
                detail=disposition.detail,
                reference=visit.reference,
            )
            for file in files
        ]
        return LinkBatch(links, new_events, cookies)

    def _cookie_folder(self, files: Sequence[SharedFile], visit: Visit) -> str:
        """The folder in storage of several ``files``, if cookies can cover it and a browser sends them; or ""."""
        folders = {file.key.rpartition("/")[0] for file in files}
        has_cookies = self.download_way is DownloadWay.CLOUDFRONT and share_storage().cookie_signer is not None
        if not has_cookies or len(files) == 1 or len(folders) != 1 or not visit.tokens.browser:
            return ""
        [folder] = folders
        return folder if "/" in folder else ""  # Keys of older files have no part of their share.

    def _links_with_cookies(
        self, folder: str, files: Sequence[SharedFile], share: Share, visit: Visit
    ) -> tuple[tuple[Link, ...], SignedCookies]:
        seconds = url_seconds(share.expires_at, visit.now)
        names = {file.key: file.download_name for file in files}
        urls, cookies = share_storage().sign_cookies(
            folder, names, seconds=seconds, address=visit.caller.address, cache_control=self.cache_control
        )
        return tuple(Link(file.pk, urls[file.key], seconds) for file in files), cookies

    def link(
        self,
        file: SharedFile,
        visit: Visit,
        expires_at: datetime | None,
        disposition: ResponseDisposition = ATTACHMENT,
    ) -> Link:
        """A link to ``file`` that ends with ``expires_at`` at the latest. Records nothing."""
        return self.link_to_object(file.pk, file.key, file.download_name, expires_at, visit, disposition)

    def link_to_object(
        self,
        file_id: str,
        key: str,
        name: str,
        expires_at: datetime | None,
        visit: Visit,
        disposition: ResponseDisposition = ATTACHMENT,
    ) -> Link:
        """The same for a file of which only these values were read."""
        seconds = url_seconds(expires_at, visit.now)
        signed_url = self.sign(key, name, disposition, seconds, visit.caller, visit.reference)
        return Link(file_id, signed_url.url, signed_url.expires_in)

    def head_url(self, file: SharedFile, caller: Caller, *, seconds: int) -> str | None:
        """A URL for HEAD, for clients that request the size first. None where that of the download allows HEAD as well,
        as CloudFront and this server do.
        """
        if not self.leaves_server or self.download_way is not DownloadWay.PRESIGNED:
            return None
        return share_storage().sign_head(file.key, seconds=seconds, host=caller.host).url

    def sign(
        self,
        key: str,
        name: str,
        disposition: ResponseDisposition,
        seconds: int,
        caller: Caller,
        reference: str = "",
    ) -> SignedUrl:
        """A URL of an object that works for ``seconds`` at most."""
        return share_storage().sign_get(
            key,
            name=name,
            content_type=disposition.media_type or OPAQUE,
            inline=bool(disposition.media_type),
            seconds=seconds,
            host=caller.host,
            address=caller.address,
            download_way=self.download_way,
            cache_control=self.cache_control,
            reference=reference,
        )


PRESIGNED = Delivery(Sender.STORAGE, DownloadWay.PRESIGNED)


def delivery_of(share: Share) -> Delivery:
    if not share.strict:
        return signed_delivery(cacheable=not share.has_password)
    sender = Sender.PROXY if settings.STRICT_ACCEL else Sender.APPLICATION
    return Delivery(sender, DownloadWay.PRESIGNED, is_exact=not share_storage().rewrites_objects)


def signed_delivery(*, cacheable: bool) -> Delivery:
    """The delivery of files whose bytes may be fetched without this server: those of any share that is not strict.

    CloudFront keeps ``cacheable`` files, those of a share without a password, if a setting says for how long.
    """
    store = share_storage()
    if store.reads is None and not store.custom_domain:
        return PRESIGNED
    is_exact = not store.rewrites_objects
    if not store.custom_domain:
        return Delivery(Sender.STORAGE, DownloadWay.PRESIGNED, is_exact=is_exact)
    seconds = settings.CLOUDFRONT_CACHE_SECONDS if cacheable else 0
    cache_control = EDGE_CACHE % seconds if seconds else NO_STORE
    return Delivery(Sender.STORAGE, DownloadWay.CLOUDFRONT, cache_control, is_exact)


def download_origin(host: str) -> str:
    """The origin of signed URLs, for a page that was opened at ``host``."""
    return share_storage().download_signers[signed_delivery(cacheable=False).download_way].origin(host)


def url_seconds(expires_at: datetime | None, now: datetime, limit: int | None = None) -> int:
    """How long a URL may work for a share that expires at ``expires_at``: ``limit`` seconds at most, or
    DOWNLOAD_URL_SECONDS. Raises Expired.
    """
    seconds: int = settings.DOWNLOAD_URL_SECONDS if limit is None else limit
    if expires_at is not None:
        seconds = min(seconds, int((expires_at - now).total_seconds()))
    if seconds < 1:
        raise Expired
    return seconds


def internal_url(signed_path: str) -> str:
    """The address at which the reverse proxy fetches ``signed_path`` from storage; clients never get it."""
    return f"{settings.STRICT_ACCEL}{signed_path}"


def storage_unavailable(*, fresh: bool = False, exact: bool = False) -> StorageUnavailable | None:
    """The refusal of any download while storage does not respond: nobody is sent to an address that does not work.

    ``fresh`` waits a little for a response of the storage, ``exact`` for one that is newer than this call.
    """
    monitor = share_storage().health_monitor
    match monitor.fresh_state(exact=exact) if fresh else monitor.state():
        case State.UNAVAILABLE:
            return StorageUnavailable()
        case State.REFUSES:
            return StorageRefuses()
    return None


def require_storage() -> None:
    """Raises StorageUnavailable or StorageRefuses while storage does not respond."""
    refusal = storage_unavailable(fresh=True)
    if refusal is not None:
        raise refusal


def can_sign(*, exact: bool) -> bool:
    """Checked before a statement counts the download and reads the file's key at the same time."""
    store = share_storage()
    try:
        signer = store.download_signers[signed_delivery(cacheable=False).download_way]
        remaining_seconds = signer.remaining_seconds()
    except StorageUnavailable:
        return False
    return (remaining_seconds is None or remaining_seconds > 0) and store.health_monitor.fresh_state(
        exact=exact
    ) is State.OK


def _link_to_server(share: Share, file: SharedFile, now: datetime) -> Link:
    """The address of a file on this server, which checks the grant at each request."""
    remaining_seconds = int((grants.expiry_for(share, now) - now).total_seconds())
    return Link(file.pk, f"/share/{share.pk}/files/{file.pk}/content", remaining_seconds)
