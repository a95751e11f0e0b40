"""Downloading: a click takes one unit once, then signs a short-lived URL for storage as often as the browser asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from shares import policies
from shares.callers import Caller
from shares.db import fast_path
from shares.errors import Busy, Expired, Locked, NotFound, Refusal, StorageRefuses, StorageUnavailable
from shares.models import Event, Grant, Share, SharedFile
from shares.services import events, passwords
from shares.services.downloads import grants
from shares.services.downloads.grants import Held, Pass
from shares.storage import State, share_storage

_CLAIMS = 5
_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Link:
    """Where one file's bytes can be had for ``expires_in`` seconds."""

    file_id: str
    url: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Served:
    """How storage hands a file out: to be shown as ``content_type``, or as an attachment of opaque bytes.

    ``told`` is what the history says about it.
    """

    content_type: str = ""
    told: str = ""


ATTACHED = Served()


@dataclass(frozen=True, slots=True)
class Download:
    """What a click gave: the grant's token ("" for the owner) and when it ends, whether this click took a unit, and the
    links.
    """

    grant: str
    grant_expires_at: datetime
    fresh: bool
    links: tuple[Link, ...]


def unlock(*, share: Share, password: str, caller: Caller, now: datetime) -> str:
    """Trade the right password for an unlock token; an ended share or a wrong guess raises its Refusal."""
    _raise(policies.reachable(share, now), share, caller, now)
    if share.has_password:
        passwords.check(share=share, password=password, caller=caller, now=now)
        events.record(Event.Kind.UNLOCKED, caller=caller, share=share, now=now)
    return grants.unlock_token(share, now)


def click(
    *,
    share_id: str,
    file_id: str,
    caller: Caller,
    held: Held,
    now: datetime,
    password: str = "",
    opening: bool = False,
) -> Download:
    """``take`` for the one file of a form's button: the hot path, done at once if nothing speaks against it."""
    download = _at_once(share_id, file_id, caller, held, now, opening=opening)
    if download is not None:
        return download
    file = fast_path.facts(file_id, share_id)
    if file is None:
        raise NotFound
    return take(share=file.share, files=[file], caller=caller, held=held, now=now, password=password, opening=opening)


def opened(*, share: Share, caller: Caller, now: datetime) -> None:
    """A person has the page before them. Told apart from downloads, and counted against nothing."""
    if policies.reachable(share, now) is None:
        events.record(Event.Kind.OPENED, caller=caller, share=share, now=now)


def take(
    *,
    share: Share,
    files: Sequence[SharedFile],
    caller: Caller,
    held: Held,
    now: datetime,
    password: str = "",
    opening: bool = False,
    streamed: bool = False,
    later: bool = False,
    served: Served = ATTACHED,
) -> Download:
    """Sign ``files`` of ``share`` for the caller, taking one download unless the caller holds a grant.

    ``opening`` writes down as well that a person has the share before them. ``streamed`` signs nothing: the bytes go
    through this server. ``later`` signs nothing yet. Of a strict share nothing is ever signed. ``served`` says how.

    What cannot be signed, or would lead to a storage that is away, costs nobody a download. Count, grant and audit
    lines are one transaction, done at return. The owner gets no grant, since none is needed.
    """
    owns = policies.owns(share, caller)
    existing = None if owns else grants.read_grant(held.grant, share, now) or grants.former(held.browser, share, now)
    exact = existing is None and not owns
    _raise(policies.reachable(share, now, granted=not exact), share, caller, now)
    if not files:
        raise NotFound(gettext("There is no such file in this share."))
    for file in files:
        _raise(policies.downloadable(file), share, caller, now, file)
    if not owns:
        _unlocked(share, held, password, caller, now)
    _raise(hindrance(fresh=True, exact=exact), share, caller, now)
    links, new_events = _sign_files(share, () if later else files, caller, now, served, streamed=streamed)
    if owns:
        fast_path.tell(new_events)
        return Download("", grants.life(share, now), fresh=False, links=links)
    if opening:
        new_events.append(events.line(Event.Kind.OPENED, caller=caller, share=share, now=now))
    granted, fresh = _grant(existing, share, held.browser, caller, now, new_events)
    return Download(_token(granted, share), granted.expires_at, fresh=fresh, links=links)


def _unlocked(share: Share, tokens: Held, password: str, caller: Caller, now: datetime) -> None:
    """Raises Locked, or what ``unlock`` raises for the password that came along."""
    if grants.unlocked(tokens, share, now):
        return
    if not password:
        raise events.record_refusal(Locked(), caller=caller, share=share, now=now)
    unlock(share=share, password=password, caller=caller, now=now)


def _token(granted: Pass, share: Share) -> str:
    return grants.write_grant(granted.grant_id, share.pk, granted.version, granted.expires_at)


def _grant(
    existing: Pass | None, share: Share, browser: str, caller: Caller, now: datetime, new_events: Sequence[Event]
) -> tuple[Pass, bool]:
    """The existing grant, or a new one and True; ``new_events`` are recorded either way."""
    granted, fresh = (existing, False) if existing else _claim(share, browser, caller, now, new_events)
    if not fresh:
        fast_path.tell(new_events)
    return granted, fresh


def granted_file(*, share_id: str, file_id: str, caller: Caller, held: Held, now: datetime) -> SharedFile:
    """A file that may be fetched, again or from the middle, under the grant shown; counts and signs nothing.

    Raises Locked without a grant, NotFound, or the refusal of the share or file.
    """
    file = fast_path.facts(file_id, share_id)
    if file is None:
        raise NotFound
    granted = policies.owns(file.share, caller) or grants.read_grant(held.grant, file.share, now) is not None
    refusal: Refusal | None = policies.reachable(file.share, now, granted=granted) or policies.downloadable(file)
    if refusal is None and not granted:
        refusal = Locked(gettext("Press the download button on the page of this share first."))
    _raise(refusal, file.share, caller, now, file)
    return file


def again(*, file: SharedFile, caller: Caller, now: datetime) -> Link:
    """A fresh link to a file that ``granted_file`` gave: where a download goes on whose former link has died.

    Raises StorageUnavailable.
    """
    require_storage()
    link = sign(file.pk, file.key, file.download_name, ends=file.share.expires_at, caller=caller, now=now)
    fast_path.tell([events.line(Event.Kind.SIGNED, caller=caller, share=file.share, file=file, now=now)])
    return link


def _sign_files(
    share: Share, files: Sequence[SharedFile], caller: Caller, now: datetime, disposition: Served, *, streamed: bool
) -> tuple[tuple[Link, ...], list[Event]]:
    """The links to the files, and what the history says of them. A stream needs no links."""
    if streamed:
        return (), [events.line(Event.Kind.STREAMED, caller=caller, share=share, now=now, detail=f"{len(files)} files")]
    if share.strict:
        return tuple(_link_to_server(share, file, now) for file in files), []
    expires_at, kind = share.expires_at, Event.Kind.SIGNED
    links = tuple(
        sign(f.pk, f.key, f.download_name, ends=expires_at, caller=caller, now=now, served=disposition) for f in files
    )
    return links, [
        events.line(kind, caller=caller, share=share, file=f, now=now, detail=disposition.told) for f in files
    ]


def _at_once(
    share_id: str, file_id: str, caller: Caller, tokens: Held, now: datetime, *, opening: bool
) -> Download | None:
    """A click that is granted, as one statement. None wrote nothing: the long way says why not, or does it."""
    grant, unlocked = grants.shown(tokens, share_id, now)
    if not _can_sign(exact=grant is None):
        return None
    parameters: fast_path.Asked = {
        "share": share_id,
        "file": file_id,
        "now": now,
        "soonest": now + _SHORTEST,
        "latest": grants.latest(now),
        "granted": None if grant is None else grant.version,
        "unlocked": None if unlocked is None else unlocked.version,
        "grant": "" if grant is not None else grants.id_for(tokens.browser, share_id),
        "user": None if caller.user is None else caller.user.pk,
        "user_email": "" if caller.user is None else caller.user.email,
        "address": events.audit_address(caller.address),
    }
    result = fast_path.at_once(parameters, opening=opening)
    if result is None:
        return None
    links = (sign(file_id, result.key, result.name, ends=result.ends, caller=caller, now=now),)
    if grant is not None:
        return Download(tokens.grant, grant.expires_at, fresh=False, links=links)
    expires_at = parameters["latest"] if result.ends is None else min(parameters["latest"], result.ends)
    token = grants.write_grant(parameters["grant"], share_id, result.password_version, expires_at)
    return Download(token, expires_at, fresh=True, links=links)


def _can_sign(*, exact: bool) -> bool:
    """Asked before a unit is taken in the same breath as the facts are read."""
    store = share_storage()
    try:
        remaining_seconds = store.credentials_remaining_seconds()
    except StorageUnavailable:
        return False
    is_valid = remaining_seconds is None or remaining_seconds > 0
    return is_valid and store.health_monitor.fresh_state(exact=exact) is State.OK


def hindrance(*, fresh: bool = False, exact: bool = False) -> StorageUnavailable | None:
    """What stands in the way of any download right now: nobody is led to an address that serves nothing.

    ``fresh`` waits a little for an answer of the store, ``exact`` for one that is newer than this call (``Pulse``).
    """
    monitor = share_storage().health_monitor
    match monitor.fresh_state(exact=exact) if fresh else monitor.state():
        case State.UNAVAILABLE:
            return StorageUnavailable()
        case State.REFUSES:
            return StorageRefuses()
    return None


def require_storage() -> None:
    """Raises StorageUnavailable or StorageRefuses where bytes could not be had now."""
    hindered = hindrance(fresh=True)
    if hindered is not None:
        raise hindered


def sign(
    file_id: str,
    key: str,
    name: str,
    *,
    ends: datetime | None,
    caller: Caller,
    now: datetime,
    served: Served = ATTACHED,
) -> Link:
    """A presigned GET living the least of the setting, the share's remaining time and the credentials' life."""
    seconds = settings.DOWNLOAD_URL_SECONDS
    if ends is not None:
        seconds = min(seconds, int((ends - now).total_seconds()))
    if seconds < 1:
        raise Expired
    signed_url = share_storage().sign_get(
        key,
        name=name,
        content_type=served.content_type or "application/octet-stream",
        inline=bool(served.content_type),
        seconds=seconds,
        host=caller.host,
    )
    return Link(file_id, signed_url.url, signed_url.expires_in)


def _link_to_server(share: Share, file: SharedFile, now: datetime) -> Link:
    """The address of a strict share's file on this server, which asks for the grant each time (``streams``)."""
    remaining_seconds = int((grants.life(share, now) - now).total_seconds())
    return Link(file.pk, f"/share/{share.pk}/files/{file.pk}/content", remaining_seconds)


def _claim(share: Share, browser: str, caller: Caller, now: datetime, new_events: Sequence[Event]) -> tuple[Pass, bool]:
    """One unit with its grant and True; or what another click of this browser got meanwhile, and False.

    A claim that finds no row was too late, or the owner just set or lifted the cap.
    """
    version = share.password_version
    grants.retire(browser, share, now)
    for _ in range(_CLAIMS):
        grant = Grant(
            id=grants.id_for(browser, share.pk),
            share=share,
            password_version=version,
            created_at=now,
            expires_at=grants.life(share, now),
        )
        granted = events.line(Event.Kind.GRANTED, caller=caller, share=share, now=now)
        if fast_path.claim(grant, [granted, *new_events], capped=share.max_downloads is not None, now=now):
            return Pass(grant.pk, version, grant.expires_at), True
        share = Share.objects.select_related("owner").get(pk=share.pk)
        if share.password_version != version:
            raise events.record_refusal(Locked(), caller=caller, share=share, now=now)
        existing_grant = grants.former(browser, share, now)
        if existing_grant is not None:
            return existing_grant, False
        _raise(policies.reachable(share, now), share, caller, now)
    raise Busy


def _raise(
    refusal: Refusal | None, share: Share, caller: Caller, now: datetime, file: SharedFile | None = None
) -> None:
    if refusal is not None:
        raise events.record_refusal(refusal, caller=caller, share=share, file=file, now=now)
