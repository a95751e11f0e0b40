"""Passes: the signed tokens a browser or a script holds. A *grant* may fetch, an *unlock* may see and ask for a grant.

Both are bound to the share and to its password version, and end by themselves; nothing is stored but the grant's row.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer

from shares.models import Grant, Share

_GRANT = Signer(salt="shares.grant")
_UNLOCK = Signer(salt="shares.unlock")


@dataclass(frozen=True, slots=True)
class Held:
    """The tokens a caller shows, as found in cookies, header or body: unchecked strings."""

    grant: str = ""
    unlock: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """A checked token. ``grant_id`` is empty for an unlock; ``version`` is the share's password's at that time."""

    grant_id: str
    version: int
    expires_at: datetime


def life(share: Share, now: datetime) -> datetime:
    """When a pass given out now ends: after ``GRANT_SECONDS``, or with the share."""
    longest = latest(now)
    return longest if share.expires_at is None else min(longest, share.expires_at)


def latest(now: datetime) -> datetime:
    """When a pass given out now ends at the latest, however long its share lives."""
    return now + timedelta(seconds=settings.GRANT_SECONDS)


def grant_token(grant: Grant) -> str:
    return write_grant(grant.pk, grant.share_id, grant.password_version, grant.expires_at)


def write_grant(grant_id: str, share_id: str, version: int, ends: datetime) -> str:
    """The token of a grant whose row was written without an object for it."""
    return _write(_GRANT, grant_id, share_id, version, ends)


def unlock_token(share: Share, now: datetime) -> str:
    return _write(_UNLOCK, "", share.pk, share.password_version, life(share, now))


def shown(held: Held, share_id: str, now: datetime) -> tuple[Pass | None, Pass | None]:
    """Grant and unlock of this share that have not ended. Whether their password is still the share's is left open."""
    return _read(_GRANT, held.grant, share_id, now), _read(_UNLOCK, held.unlock, share_id, now)


def read_grant(token: str, share: Share, now: datetime) -> Pass | None:
    return _current(_read(_GRANT, token, share.pk, now), share)


def unlocked(held: Held, share: Share, now: datetime) -> bool:
    """True if no password stands between the caller and the files."""
    return not share.has_password or any(_current(one, share) for one in shown(held, share.pk, now))


def _current(found: Pass | None, share: Share) -> Pass | None:
    return found if found is not None and found.version == share.password_version else None


def _write(signer: Signer, grant_id: str, share_id: str, version: int, ends: datetime) -> str:
    return signer.sign(f"{grant_id}.{share_id}.{version}.{int(ends.timestamp())}")


def _read(signer: Signer, token: str, share_id: str, now: datetime) -> Pass | None:
    """None for anything but a token of this share that has not ended."""
    if not token or len(token) > 200:
        return None
    try:
        grant_id, of_share, version, ends = signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    expires_at = datetime.fromtimestamp(int(ends), UTC)
    if of_share != share_id or expires_at <= now:
        return None
    return Pass(grant_id, int(version), expires_at)
