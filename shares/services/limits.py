"""The limits of this server, read from the settings in one place."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from shares.models import Preset, User
from shares.policies import Limits

# How long a form for a file works: a person chooses the file after it is signed, and some storages check the expiry
# after the last byte.
FORM_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class RemainingQuota:
    """The bytes and files that an account can still declare, never below zero."""

    bytes: int
    files: int


def limits(preset: Preset | None = None) -> Limits:
    """The limits of this server; with ``preset``, those that it adds."""
    allowed = Limits(
        max_expiry=timedelta(days=settings.MAX_EXPIRY_DAYS),
        never_expire=settings.ALLOW_NEVER_EXPIRE,
        max_file_bytes=settings.MAX_FILE_BYTES,
        max_files_per_share=settings.MAX_FILES_PER_SHARE,
    )
    if preset is None:
        return allowed
    return replace(
        allowed,
        preset=preset.name,
        max_expiry=min(allowed.max_expiry, preset.max_expiry or allowed.max_expiry),
        never_expire=allowed.never_expire and preset.max_expiry is None,
        max_downloads=preset.max_downloads,
        password_required=preset.password_required,
        strict_required=preset.strict_required,
    )


def default_expiry(now: datetime, preset: Preset | None = None) -> datetime:
    """When a new share expires if its sender selects nothing."""
    return now + default_expiry_length(preset)


def default_expiry_length(preset: Preset | None = None) -> timedelta:
    expiry = timedelta(days=settings.DEFAULT_EXPIRY_DAYS) if preset is None else preset.expiry
    return min(expiry, limits(preset).max_expiry)


def remaining_quota(user: User) -> RemainingQuota:
    return RemainingQuota(max(0, user.quota - user.used_bytes), max(0, user.file_quota - user.used_files))
