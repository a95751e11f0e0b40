"""The credentials that sign: static keys, or temporary ones that renew themselves (role, container, STS)."""

import os
from datetime import UTC, datetime
from typing import Any

from boto3.session import Session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import CredentialRetrievalError, NoCredentialsError

from shares.storage.faults import translated


def environment() -> tuple[str | None, ...]:
    """Key, secret and token as botocore's own chain finds them in the environment."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return tuple(os.environ.get(name) or None for name in names)


def frozen(session: Session) -> ReadOnlyCredentials:
    """One consistent set of key, secret and token, renewed first if it is about to end."""
    return renewed(session)[1]


def life(session: Session) -> int | None:
    """Whole seconds until the session's credentials end, None if they carry no end. May renew them.

    Ask before ``frozen``: a renewal in between then only makes them last longer.
    """
    credentials, _ = renewed(session)
    # botocore offers no public way to read the end of temporary credentials.
    end: datetime | None = getattr(credentials, "_expiry_time", None)
    return None if end is None else int((end - datetime.now(UTC)).total_seconds())


def renewed(session: Session) -> tuple[Any, ReadOnlyCredentials]:
    with translated("finding credentials"):
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        try:
            return credentials, credentials.get_frozen_credentials()
        except RuntimeError as stale:  # botocore's word for "renewed, and still expired"
            raise CredentialRetrievalError(provider=credentials.method, error_msg=str(stale)) from stale
