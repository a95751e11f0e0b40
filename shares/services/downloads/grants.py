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
    """A verified token. ``grant_id`` is empty for an unlock; ``version`` is that of the password it was issued for."""

    grant_id: str
    version: int
    expires_at: datetime


def expiry_for(share: Share, now: datetime) -> datetime:
    """When a token issued now expires: after ``GRANT_SECONDS``, or with the share."""
    max_expires_at = max_expiry(now)
    return max_expires_at if share.expires_at is None else min(max_expires_at, share.expires_at)


def max_expiry(now: datetime) -> datetime:
    """When a token issued now expires at the latest, whenever its share expires."""
    return now + timedelta(seconds=settings.GRANT_SECONDS)


def grant_token(grant: Grant) -> str:
    return write_grant(grant.pk, grant.share_id, grant.password_version, grant.expires_at)


def write_grant(grant_id: str, share_id: str, version: int, expires_at: datetime) -> str:
    """The token of a grant whose row was written without an object for it."""
    return _write(_GRANT, grant_id, share_id, version, expires_at)


def id_for(browser: str, share_id: str) -> str:
    """The id of this browser's grant for this share. It is always the same, and unique in the database: of concurrent
    requests, or of one that is repeated after a lost response, one takes a download. Programs get a new id.
    """
    if not browser:
        return new_id()
    digest = salted_hmac("shares.grant.browser", f"{share_id}.{browser}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def find_existing_grant(browser: str, share: Share, now: datetime) -> TokenClaims | None:
    """The grant that this browser got and does not present, since the response with it was lost.

    It takes no second download. It does not unlock the share: for that, the browser must present a token.
    """
    if not browser:
        return None
    grant = Grant.objects.filter(pk=id_for(browser, share.pk), share=share, expires_at__gt=now).first()
    if grant is None or grant.password_version != share.password_version:
        return None
    return TokenClaims(grant.pk, grant.password_version, grant.expires_at)


def release_id(browser: str, share: Share, now: datetime) -> None:
    """Give the row of an ended grant another id, so that the next one can have it. No token refers to the row."""
    is_over = Q(expires_at__lte=now) | ~Q(password_version=share.password_version)
    if browser:
        Grant.objects.filter(is_over, pk=id_for(browser, share.pk)).update(id=new_id())


def unlock_token(share: Share, now: datetime) -> str:
    return _write(_UNLOCK, "", share.pk, share.password_version, expiry_for(share, now))


def read_tokens(tokens: PresentedTokens, share_id: str, now: datetime) -> tuple[TokenClaims | None, TokenClaims | None]:
    """Grant and unlock of this share that have not expired. Whether their password is current is not checked."""
    return _read(_GRANT, tokens.grant, share_id, now), _read(_UNLOCK, tokens.unlock, share_id, now)


def read_grant(token: str, share: Share, now: datetime) -> TokenClaims | None:
    return _current(_read(_GRANT, token, share.pk, now), share)


def is_unlocked(tokens: PresentedTokens, share: Share, now: datetime) -> bool:
    """True if no password is required, or a token shows that it was entered."""
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
