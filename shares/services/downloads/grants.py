"""Grants and their tokens: a *grant* token may fetch files, an *unlock* token may see them and get a grant.

Both are signed for one share and one version of its password, and expire; only the grant has a row in the database.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.utils.crypto import salted_hmac

from shares.models import Grant, Share
from shares.models.ids import new_id
from shares.services.downloads.visits import PresentedTokens

_GRANT = Signer(salt="shares.grant")
_UNLOCK = Signer(salt="shares.unlock")


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """A checked token. ``grant_id`` is empty for an unlock; ``version`` is the share's password's at that time."""

    grant_id: str
    version: int
    expires_at: datetime


def expiry_for(share: Share, now: datetime) -> datetime:
    """When a pass given out now ends: after ``GRANT_SECONDS``, or with the share."""
    max_expires_at = max_expiry(now)
    return max_expires_at if share.expires_at is None else min(max_expires_at, share.expires_at)


def max_expiry(now: datetime) -> datetime:
    """When a pass given out now ends at the latest, however long its share lives."""
    return now + timedelta(seconds=settings.GRANT_SECONDS)


def grant_token(grant: Grant) -> str:
    return write_grant(grant.pk, grant.share_id, grant.password_version, grant.expires_at)


def write_grant(grant_id: str, share_id: str, version: int, expires_at: datetime) -> str:
    """The token of a grant whose row was written without an object for it."""
    return _write(_GRANT, grant_id, share_id, version, expires_at)


def id_for(browser: str, share_id: str) -> str:
    """The id of the grant that this browser gets for this share: the same at each click, and unique in the database, so
    that of clicks at the same moment, or after a lost answer, one takes a unit. A new one for who is no browser.
    """
    if not browser:
        return new_id()
    digest = salted_hmac("shares.grant.browser", f"{share_id}.{browser}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def find_existing_grant(browser: str, share: Share, now: datetime) -> TokenClaims | None:
    """The grant that this browser was given and does not show, since the answer that brought it got lost.

    It takes no second unit. It is no unlock: for that the browser has to show what it got.
    """
    if not browser:
        return None
    grant = Grant.objects.filter(pk=id_for(browser, share.pk), share=share, expires_at__gt=now).first()
    if grant is None or grant.password_version != share.password_version:
        return None
    return TokenClaims(grant.pk, grant.password_version, grant.expires_at)


def release_id(browser: str, share: Share, now: datetime) -> None:
    """Let an ended grant of this browser give its id up to the next one. No token looks for its row."""
    is_over = Q(expires_at__lte=now) | ~Q(password_version=share.password_version)
    if browser:
        Grant.objects.filter(is_over, pk=id_for(browser, share.pk)).update(id=new_id())


def unlock_token(share: Share, now: datetime) -> str:
    return _write(_UNLOCK, "", share.pk, share.password_version, expiry_for(share, now))


def read_tokens(tokens: PresentedTokens, share_id: str, now: datetime) -> tuple[TokenClaims | None, TokenClaims | None]:
    """Grant and unlock of this share that have not ended. Whether their password is still the share's is left open."""
    return _read(_GRANT, tokens.grant, share_id, now), _read(_UNLOCK, tokens.unlock, share_id, now)


def read_grant(token: str, share: Share, now: datetime) -> TokenClaims | None:
    return _current(_read(_GRANT, token, share.pk, now), share)


def is_unlocked(tokens: PresentedTokens, share: Share, now: datetime) -> bool:
    """True if no password stands between the caller and the files."""
    return not share.has_password or any(_current(claims, share) for claims in read_tokens(tokens, share.pk, now))


def _current(claims: TokenClaims | None, share: Share) -> TokenClaims | None:
    return claims if claims is not None and claims.version == share.password_version else None


def _write(signer: Signer, grant_id: str, share_id: str, version: int, expires_at: datetime) -> str:
    return signer.sign(f"{grant_id}.{share_id}.{version}.{int(expires_at.timestamp())}")


def _read(signer: Signer, token: str, share_id: str, now: datetime) -> TokenClaims | None:
    """None for anything but a token of this share that has not ended."""
    if not token or len(token) > 200:
        return None
    try:
        grant_id, of_share, version, timestamp = signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    expires_at = datetime.fromtimestamp(int(timestamp), UTC)
    if of_share != share_id or expires_at <= now:
        return None
    return TokenClaims(grant_id, int(version), expires_at)
