"""What this server allows, read from the settings in one place."""

from datetime import datetime, timedelta

from django.conf import settings

from shares.policies import Limits


def limits() -> Limits:
    return Limits(
        max_expiry=timedelta(days=settings.MAX_EXPIRY_DAYS),
        never_expire=settings.ALLOW_NEVER_EXPIRE,
        max_file_bytes=settings.MAX_FILE_BYTES,
        max_files_per_share=settings.MAX_FILES_PER_SHARE,
    )


def default_expiry(now: datetime) -> datetime:
    return now + timedelta(days=settings.DEFAULT_EXPIRY_DAYS)
