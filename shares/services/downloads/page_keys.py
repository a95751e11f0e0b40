"""Keys of recipients' pages: two pages of the same key are equal, so that one can be repeated for the other.

The key contains everything that a page depends on, read anew for each request. Nothing is invalidated: a change of the
share, by whatever part of the program, is another key.
"""

from shares.db.page_versions import PageVersion, read_page_version
from shares.formats import format_span
from shares.models import Share
from shares.services.downloads import grants
from shares.services.downloads.delivery import storage_unavailable
from shares.services.downloads.visits import Visit

PageKey = tuple[object, ...]


def page_key(*, share_id: str, visit: Visit) -> PageKey | None:
    """What the content of the page depends on, but for the request's form: language, host and the like.

    None where a page cannot be repeated: for accounts, and if the database or the share needs more than one statement.
    """
    if visit.caller.user is not None:
        return None
    version = read_page_version(share_id)
    if version is None:
        return None
    if not version.rows:
        return ("",)  # The same page for every share that does not exist.
    return _key(share_id, version, visit)


def _key(share_id: str, version: PageVersion, visit: Visit) -> PageKey | None:
    tokens, now, expires_at = visit.tokens, visit.now, version.expires_at
    granted = unlocked = False
    if tokens.grant or tokens.unlock:
        # An unsaved share: the tokens are compared with its id and the version of its password only.
        share = Share(id=share_id, password_version=version.password_version, password="x" * version.has_password)
        granted = grants.read_grant(tokens.grant, share, now) is not None
        unlocked = grants.is_unlocked(tokens, share, now)
    if version.used_up and not granted and tokens.browser:
        return None  # The browser may have a grant that it does not present.
    refusal = storage_unavailable()
    return (
        share_id,
        version.rows,
        now.date(),  # Moments of other years have their year.
        granted,
        unlocked or not version.has_password,
        None if refusal is None else refusal.code,
        # An expired share never comes back by itself, but time passes until then, and the page displays it.
        "" if expires_at is None else format_span(expires_at - now),
        expires_at is not None and expires_at <= now,
    )
