"""The credentials that sign: static keys, or temporary ones that renew themselves (role, container, STS)."""

from datetime import UTC, datetime

from boto3.session import Session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError

from shares.storage.faults import translated


def life(session: Session) -> int | None:
    """Whole seconds until the session's credentials end, None if they carry no end. May renew them."""
    with translated("finding credentials"):
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        credentials.get_frozen_credentials()
    # botocore offers no public way to read the end of temporary credentials.
    end: datetime | None = getattr(credentials, "_expiry_time", None)
    return None if end is None else int((end - datetime.now(UTC)).total_seconds())


def frozen(session: Session) -> ReadOnlyCredentials:
    """One consistent set of key, secret and token, renewed first if it is about to end."""
    with translated("finding credentials"):
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials.get_frozen_credentials()
