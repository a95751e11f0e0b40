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
    """A checked token. ``grant_id`` is empty for an unlock."""

    grant_id: str
    expires_at: datetime


def life(share: Share, now: datetime) -> datetime:
    """When a pass given out now ends: after ``GRANT_SECONDS``, or with the share."""
    latest = now + timedelta(seconds=settings.GRANT_SECONDS)
    return latest if share.expires_at is None else min(latest, share.expires_at)


def grant_token(grant: Grant) -> str:
    return _write(_GRANT, grant.pk, grant.share_id, grant.password_version, grant.expires_at)


def unlock_token(share: Share, now: datetime) -> str:
    return _write(_UNLOCK, "", share.pk, share.password_version, life(share, now))


def read_grant(token: str, share: Share, now: datetime) -> Pass | None:
    return _read(_GRANT, token, share, now)


def unlocked(held: Held, share: Share, now: datetime) -> bool:
    """True if no password stands between the caller and the files."""
    return (
        not share.has_password
        or _read(_UNLOCK, held.unlock, share, now) is not None
        or read_grant(held.grant, share, now) is not None
    )


def _write(signer: Signer, grant_id: str, share_id: str, version: int, ends: datetime) -> str:
    return signer.sign(f"{grant_id}.{share_id}.{version}.{int(ends.timestamp())}")


def _read(signer: Signer, token: str, share: Share, now: datetime) -> Pass | None:
    """None for anything but a token of this share, of its present password, that has not ended."""
    if not token or len(token) > 200:
        return None
    try:
        grant_id, share_id, version, ends = signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    expires_at = datetime.fromtimestamp(int(ends), UTC)
    if share_id != share.pk or version != str(share.password_version) or expires_at <= now:
        return None
    return Pass(grant_id, expires_at)
