"""Starting a download: it takes one download of the limit, once for each browser, and links that can be renewed."""

from collections.abc import Sequence
from dataclasses import replace

from shares import policies
from shares.db import fast_path
from shares.errors import Busy, Locked, NotFound, RateLimited
from shares.models import Event, Grant, Share, SharedFile
from shares.models.ids import new_id
from shares.services import events, rate_limits
from shares.services.downloads import grants
from shares.services.downloads.access import Admission, admit, record_refusal
from shares.services.downloads.delivery import (
    ATTACHMENT,
    Download,
    Link,
    ResponseDisposition,
    delivery_of,
    require_storage,
)
from shares.services.downloads.fast_path import try_fast_path
from shares.services.downloads.grants import TokenClaims
from shares.services.downloads.visits import Visit

_MAX_CLAIMS = 5


def start_file_download(*, share_id: str, file_id: str, visit: Visit) -> Download:
    """Start the download of one file: by the fast path, or by ``start_download`` where that wrote nothing."""
    download = try_fast_path(share_id=share_id, file_id=file_id, visit=visit)
    if download is not None:
        return download
    file = fast_path.load_file(file_id, share_id)
    if file is None:
        raise NotFound
    return start_download(share=file.share, files=[file], visit=visit)


def start_download(
    *, share: Share, files: Sequence[SharedFile], visit: Visit, disposition: ResponseDisposition = ATTACHMENT
) -> Download:
    """Links to ``files`` of ``share``. Takes one download, unless the visit has a grant. Raises a Refusal."""
    admission = admit(share=share, files=files, visit=visit)
    visit = replace(visit, reference=_reference(admission, share, visit))
    batch = delivery_of(share).links(share, files, visit, disposition)
    download = record_download(admission, batch.links, batch.events, share=share, visit=visit)
    return replace(download, cookies=batch.cookies)


def record_download(
    admission: Admission, links: tuple[Link, ...], new_events: Sequence[Event], *, share: Share, visit: Visit
) -> Download:
    """Count the download and write its grant and ``new_events``, in one transaction that is committed on return.

    With a grant, only the events are written. The owner needs no grant and gets none.
    """
    if admission.is_owner:
        fast_path.record_events(new_events)
        return Download("", grants.expiry_for(share, visit.now), fresh=False, links=links)
    if visit.is_opening:
        new_events = [*new_events, _line(Event.Kind.OPENED, share, visit)]
    claims, fresh = (admission.grant, False) if admission.grant else _count_and_claim(share, visit, new_events)
    if not fresh:
        fast_path.record_events(new_events)
    token = grants.write_grant(claims.grant_id, share.pk, claims.version, claims.expires_at)
    return Download(token, claims.expires_at, fresh=fresh, links=links)


def _reference(admission: Admission, share: Share, visit: Visit) -> str:
    """The id of the grant that the visit has or gets; of its own for the owner, who needs none."""
    if admission.grant is not None:
        return admission.grant.grant_id
    return new_id() if admission.is_owner else grants.id_for(visit.tokens.browser, share.pk)


def resume_link(*, file: SharedFile, visit: Visit) -> Link:
    """A new link to a file from ``access.granted_file``, for a download whose link has expired.

    Raises StorageUnavailable.
    """
    require_storage()
    claims = grants.read_grant(visit.tokens.grant, file.share, visit.now)
    visit = replace(visit, reference=new_id() if claims is None else claims.grant_id)
    link = delivery_of(file.share).link(file, visit, file.share.expires_at)
    fast_path.record_events([_line(Event.Kind.SIGNED, file.share, visit, file)])
    return link


def _count_and_claim(share: Share, visit: Visit, new_events: Sequence[Event]) -> tuple[TokenClaims, bool]:
    """``_claim`` within the rate limit of new grants, which counts only those that are issued."""
    grant_count = rate_limits.GrantCount(share.pk, visit.caller)
    try:
        grant_count.require()
    except RateLimited as refusal:
        existing_grant = grants.find_existing_grant(visit.tokens.browser, share, visit.now)
        if existing_grant is None:
            raise record_refusal(refusal, share, visit) from None
        return existing_grant, False
    fresh = False
    try:
        claims, fresh = _claim(share, visit, new_events)
    finally:
        if not fresh:
            grant_count.release()
    return claims, fresh


def _claim(share: Share, visit: Visit, new_events: Sequence[Event]) -> tuple[TokenClaims, bool]:
    """A new grant, recorded, and True; or the grant that another request of this browser got meanwhile, and False.

    A claim that finds no row came too late, or the owner has just set or removed the limit.
    """
    version, browser, now = share.password_version, visit.tokens.browser, visit.now
    grants.release_id(browser, share, now)
    for _ in range(_MAX_CLAIMS):
        grant = Grant(
            id=visit.reference or grants.id_for(browser, share.pk),
            share=share,
            password_version=version,
            created_at=now,
            expires_at=grants.expiry_for(share, now),
        )
        granted = _line(Event.Kind.GRANTED, share, replace(visit, reference=grant.pk))
        if fast_path.claim_download(grant, [granted, *new_events], capped=share.max_downloads is not None, now=now):
            return TokenClaims(grant.pk, version, grant.expires_at), True
        share = Share.objects.select_related("owner").get(pk=share.pk)
        if share.password_version != version:
            raise record_refusal(Locked(), share, visit)
        existing_grant = grants.find_existing_grant(browser, share, now)
        if existing_grant is not None:
            return existing_grant, False
        refusal = policies.reachable(share, now)
        if refusal is not None:
            raise record_refusal(refusal, share, visit)
    raise Busy


def _line(kind: Event.Kind, share: Share, visit: Visit, file: SharedFile | None = None) -> Event:
    return events.line(kind, caller=visit.caller, share=share, file=file, now=visit.now, reference=visit.reference)
