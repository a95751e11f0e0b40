"""Access tokens: JSON Web Tokens that work for an hour at most, made from an API token or a recent sign-in.

They are signed by TOKEN_KEY (RS256), or by a key that is derived from SECRET_KEY (HS256). No row is written for one:
each ends with its time, its account, the API token it was made from, and the next ``revoke_all`` of the account.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shares.callers import READ, WRITE
from shares.errors import Forbidden, Invalid
from shares.models import ApiToken, User
from shares.services.accounts.token_keys import current_key

MAX_SECONDS = 3600
MAX_LENGTH = 2000
AUDIENCE = "sharesite-api"
# The clocks of two web servers differ by less.
LEEWAY_SECONDS = 5
CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti", "scope", "epoch"]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """``id`` is the claim ``jti``."""

    token: str
    id: str
    scopes: frozenset[str]
    expires_at: datetime


def create(
    *, user: User, scopes: Iterable[str], allowed: frozenset[str] | None, parent: str, seconds: int, now: datetime
) -> AccessToken:
    """A token for ``user``. ``allowed`` are the scopes of the API token ``parent``; None and "" of a signed-in browser.

    Raises Invalid, or Forbidden for a scope that the parent does not have.
    """
    requested_scopes = frozenset(scopes) or allowed or frozenset((READ, WRITE))
    if not requested_scopes <= {READ, WRITE}:
        raise Invalid(_("The scopes of a token are read and write."), field="scope")
    if allowed is not None and not requested_scopes <= allowed:
        raise Forbidden(_("A token can't get a scope that the token it is made from does not have."))
    if not 1 <= seconds <= MAX_SECONDS:
        raise Invalid(_("A token can be valid for 1 to %(limit)d seconds.") % {"limit": MAX_SECONDS}, field="life")
    key, issued_at, token_id = current_key(), int(now.timestamp()), secrets.token_urlsafe(16)
    claims = {
        "iss": settings.SITE_URL,
        "aud": AUDIENCE,
        "sub": str(user.pk),
        "iat": issued_at,
        "exp": issued_at + seconds,
        "jti": token_id,
        "scope": " ".join(sorted(requested_scopes)),
        "epoch": user.token_epoch,
    }
    if parent:
        claims["parent"] = parent
    token = jwt.encode(claims, key.private, key.algorithm, headers={"kid": key.id})
    expires_at = now.replace(microsecond=0) + timedelta(seconds=seconds)
    return AccessToken(token, token_id, requested_scopes, expires_at)


def authenticate(*, presented: str, now: datetime) -> tuple[User, frozenset[str]] | None:
    """Return the user and the scopes of a token; None if it is not valid. One query."""
    claims = _verify(presented)
    if claims is None:
        return None
    scopes = frozenset(claims["scope"].split()) & {READ, WRITE}
    if "parent" in claims:
        parent = ApiToken.objects.valid(now).select_related("user").filter(key=claims["parent"]).first()
        user = parent.user if parent is not None else None
        scopes &= frozenset(parent.scopes.split() if parent is not None else ())
    else:
        user = User.objects.filter(pk=int(claims["sub"]), is_active=True).first()
    if user is None or str(user.pk) != claims["sub"] or user.token_epoch != claims["epoch"]:
        return None
    return user, scopes


def _verify(presented: str) -> dict[str, Any] | None:
    """The claims of a token that this site signed, for this API, and that is valid now."""
    if len(presented) > MAX_LENGTH or not presented.isascii():
        return None
    key = current_key()
    try:
        if jwt.get_unverified_header(presented).get("kid") != key.id:
            return None
        claims: dict[str, Any] = jwt.decode(
            presented,
            key.public,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            issuer=settings.SITE_URL,
            leeway=LEEWAY_SECONDS,
            options={"require": CLAIMS, "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError, OverflowError):
        return None
    if not _is_well_formed(claims):
        return None
    return claims


def _is_well_formed(claims: dict[str, Any]) -> bool:
    """Types that ``create`` writes, and no more than an hour between issue and end."""
    integers = [claims["iat"], claims["exp"], claims["epoch"]]
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in integers):
        return False
    texts = [claims["sub"], claims["scope"], claims.get("parent", "")]
    if not all(isinstance(text, str) and "\0" not in text for text in texts):
        return False
    subject = claims["sub"]
    return subject.isdecimal() and len(subject) <= 18 and 0 < claims["exp"] - claims["iat"] <= MAX_SECONDS
