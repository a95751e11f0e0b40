"""API tokens: shown once, stored as a digest, with scopes and an expiry; revocation is immediate."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shares.callers import READ, WRITE, Caller
from shares.errors import Invalid, NotSignedIn
from shares.models import ApiToken, User
from shares.models.ids import is_valid_id

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
    account = authenticate(presented=token.strip(), now=now)
    if account is None:
        raise NotSignedIn(_("This token is not valid: it is mistyped, has expired, or was revoked."))
    user, scopes = account
    return Caller(user, anonymous.address, anonymous.host, scopes)


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a fast hash is enough, since it cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()
