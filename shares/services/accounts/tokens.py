"""API tokens: shown once, stored as a digest, with scopes and an expiry; revocation is immediate."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shares.callers import READ, WRITE, Caller
from shares.errors import Invalid, NotFound, NotSignedIn
from shares.models import ApiToken, User
from shares.models.ids import is_valid_id
from shares.services.accounts import access_tokens

PREFIX = "shs_"
MAX_DAYS = 3650
_NOTE_USE_INTERVAL = timedelta(minutes=1)


def issue(*, user: User, scopes: Iterable[str], days: int | None, name: str, now: datetime) -> str:
    """Create a token for ``user`` and return it; it cannot be shown again. Raises Invalid."""
    requested_scopes = frozenset(scopes)
    if not requested_scopes or not requested_scopes <= {READ, WRITE}:
        raise Invalid(_("The scopes of a token are read and write."), field="scope")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(_("A token can be valid for 1 to %(limit)d days."), field="days", limit=MAX_DAYS)
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name[:100],
        key=secrets.token_hex(8),
        digest=_digest(secret),
        scopes=" ".join(sorted(requested_scopes)),
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return f"{PREFIX}{token.key}.{secret}"


def authenticate(*, presented: str, now: datetime) -> tuple[User, frozenset[str]] | None:
    """Return the user and the scopes of a token; None if it is not valid."""
    key, _dot, secret = presented.removeprefix(PREFIX).partition(".")
    if not presented.startswith(PREFIX) or not secret or len(presented) > 200 or not is_valid_id(key):
        return None
    token = ApiToken.objects.valid(now).select_related("user").filter(key=key).first()
    if token is None or not compare_digest(token.digest, _digest(secret)):
        return None
    if token.last_used_at is None or token.last_used_at < now - _NOTE_USE_INTERVAL:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _NOTE_USE_INTERVAL)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token.user, frozenset(token.scopes.split())


def identify(anonymous: Caller, *, authorization: str, now: datetime) -> Caller:
    """Return the caller of the token in an ``Authorization`` header; ``anonymous`` itself without a token.

    Raises NotSignedIn for a token that is not valid.
    """
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return anonymous
    presented = token.strip()
    verify = authenticate if presented.startswith(PREFIX) else access_tokens.authenticate
    account = verify(presented=presented, now=now)
    if account is None:
        raise NotSignedIn(_("This token is not valid: it is mistyped, has expired, or was revoked."))
    user, scopes = account
    return Caller(user, anonymous.address, anonymous.host, scopes)


def key_of(authorization: str) -> str:
    """The key of the API token in an ``Authorization`` header, "" for a session or an access token."""
    presented = authorization.partition(" ")[2].strip()
    return presented.removeprefix(PREFIX).partition(".")[0] if presented.startswith(PREFIX) else ""


def active_tokens(*, caller: Caller) -> QuerySet[ApiToken]:
    """The API tokens of the caller's account that were not revoked, newest first."""
    if caller.user is None:
        raise NotSignedIn
    return caller.user.tokens.filter(revoked_at__isnull=True)


def find(*, key: str, caller: Caller) -> ApiToken:
    """Raises NotFound for the token of another account."""
    token = active_tokens(caller=caller).filter(key=key).first() if "\0" not in key else None
    if token is None:
        raise NotFound(_("There is no such token."))
    return token


def revoke(*, key: str, caller: Caller, now: datetime) -> None:
    """End an API token, and the access tokens that were made from it, at once."""
    ApiToken.objects.filter(pk=find(key=key, caller=caller).pk).update(revoked_at=now)


def revoke_all(*, user: User, now: datetime) -> None:
    """End every API token and every access token of an account at once."""
    with transaction.atomic():
        user.tokens.filter(revoked_at__isnull=True).update(revoked_at=now)
        User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a fast hash is enough, since it cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
