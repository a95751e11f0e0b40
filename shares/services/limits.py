"""The limits of this server, read from the settings in one place."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from shares.models import User
from shares.policies import Limits


@dataclass(frozen=True, slots=True)
class RemainingQuota:
    """The bytes and files that an account can still declare, never below zero."""

    bytes: int
    files: int


def limits() -> Limits:
    return Limits(
        max_expiry=timedelta(days=settings.MAX_EXPIRY_DAYS),
        never_expire=settings.ALLOW_NEVER_EXPIRE,
        max_file_bytes=settings.MAX_FILE_BYTES,
        max_files_per_share=settings.MAX_FILES_PER_SHARE,
    )


def default_expiry(now: datetime) -> datetime:
    return now + timedelta(days=settings.DEFAULT_EXPIRY_DAYS)


def remaining_quota(user: User) -> RemainingQuota:
    return RemainingQuota(max(0, user.quota - user.used_bytes), max(0, user.file_quota - user.used_files))
