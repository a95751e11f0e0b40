"""The credentials that sign: static keys, or temporary ones that renew themselves (role, container, STS)."""

import logging
from datetime import UTC, datetime
from typing import Any

from boto3.session import Session
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError
from django.core.exceptions import ImproperlyConfigured

from shares.storage.errors import REMEDIES, translate_errors

logger = logging.getLogger(__name__)


def parse_expiration(text: str) -> datetime:
    """The expiry of temporary keys from the settings, in ISO 8601; UTC without a zone."""
    try:
        expiry = datetime.fromisoformat(text)
    except ValueError:
        raise ImproperlyConfigured("AWS_CREDENTIAL_EXPIRATION must be a time like 2026-01-31T12:00:00Z.") from None
    return expiry if expiry.tzinfo else expiry.replace(tzinfo=UTC)


def load_credentials(session: Session, end: datetime | None) -> tuple[ReadOnlyCredentials, int | None]:
    """Return one consistent set of key, secret and token, renewed if necessary, and its remaining seconds."""
    credentials, frozen = _load(session)
    # botocore offers no public way to read the end of temporary credentials.
    expires_at: datetime | None = getattr(credentials, "_expiry_time", None) or end
    if expires_at is None:
        return frozen, None
    remaining_seconds = int((expires_at - datetime.now(UTC)).total_seconds())
    if remaining_seconds < 1:
        logger.error("storage: signing refused: %s", REMEDIES["ExpiredToken"])
    return frozen, remaining_seconds


def remaining_seconds(session: Session, end: datetime | None) -> int | None:
    """Whole seconds until the credentials expire, None if never; ``end`` counts if they do not state it."""
    return load_credentials(session, end)[1]


def are_renewable(session: Session) -> bool:
    """Whether the credentials of the session renew themselves, as those of a role do."""
    return isinstance(_load(session)[0], RefreshableCredentials)


def are_temporary(session: Session) -> bool:
    return _load(session)[1].token is not None


def _load(session: Session) -> tuple[Any, ReadOnlyCredentials]:
    with translate_errors("finding credentials"):
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        try:
            return credentials, credentials.get_frozen_credentials()
        except RuntimeError as stale:  # What botocore raises for credentials that are still expired after a renewal.
            raise CredentialRetrievalError(provider=credentials.method, error_msg=str(stale)) from stale
