"""The fast path: most downloads start by one statement, which repeats the policies as SQL.

A test compares it with ``policies`` on every combination of columns. ``start`` is the fallback.
"""

from dataclasses import replace
from datetime import timedelta

from shares.db import fast_path
from shares.services import events, rate_limits
from shares.services.downloads import delivery, grants
from shares.services.downloads.delivery import Download, Link
from shares.services.downloads.visits import Visit

_MIN_VALIDITY = timedelta(seconds=1)


def try_fast_path(*, share_id: str, file_id: str, visit: Visit) -> Download | None:
    """Start the download of one file by one statement. None: nothing was written, and the fallback says why."""
    if not fast_path.is_supported():
        return None
    caller, now, tokens = visit.caller, visit.now, visit.tokens
    grant, unlock = grants.read_tokens(tokens, share_id, now)
    # Its reply arrives while the storage is checked.
    grant_count = rate_limits.GrantCount(share_id, caller) if grant is None else None
    if not delivery.can_sign(exact=grant is None):
        _release(grant_count)
        return None
    if grant_count is not None and not grant_count.is_allowed():
        return None
    max_expiry = grants.max_expiry(now)
    grant_id = grants.id_for(tokens.browser, share_id) if grant is None else grant.grant_id
    parameters: fast_path.DownloadParams = {
        "share": share_id,
        "file": file_id,
        "now": now,
        "min_expiry": now + _MIN_VALIDITY,
        "max_expiry": max_expiry,
        "granted": None if grant is None else grant.version,
        "unlocked": None if unlock is None else unlock.version,
        "grant": "" if grant is not None else grant_id,
        "user": None if caller.user is None else caller.user.pk,
        "user_email": "" if caller.user is None else caller.user.email,
        "address": events.audit_address(caller.address),
        "reference": grant_id,
    }
    row = fast_path.start_download(parameters, opening=visit.is_opening)
    if row is None:
        _release(grant_count)
        return None
    links = (_link(file_id, row, replace(visit, reference=grant_id)),)
    if grant is not None:
        return Download(tokens.grant, grant.expires_at, fresh=False, links=links)
    expires_at = max_expiry if row.expires_at is None else min(max_expiry, row.expires_at)
    token = grants.write_grant(parameters["grant"], share_id, row.password_version, expires_at)
    return Download(token, expires_at, fresh=True, links=links)


def _link(file_id: str, row: fast_path.StartedDownload, visit: Visit) -> Link:
    share_delivery = delivery.signed_delivery(cacheable=not row.has_password)
    return share_delivery.link_to_object(file_id, row.key, row.name, row.expires_at, visit)


def _release(grant_count: rate_limits.GrantCount | None) -> None:
    if grant_count is not None:
        grant_count.release()
