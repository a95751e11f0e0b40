"""Free space on the disk of the data folder: when it is full, the site reports that and continues."""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from shares.errors import DiskFull
from shares.formats import format_size
from shares.services import heartbeats

MIB = 1024 * 1024
LOW_PERCENT = 5
FULL_BYTES = 4 * MIB
# What the embedded storage leaves free for the database (sharesite/dev_stack/seaweedfs.py).
RESERVE_PERCENT, MAX_RESERVE_BYTES = 2, 1024 * MIB
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Messages of SQLite, and of the operating system, which PostgreSQL repeats.
FULL_MESSAGES = ("disk is full", "no space left on device", "disk quota exceeded")
HEARTBEAT = "disk"


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Bytes of a disk: those that this user can still write, and all."""

    free: int
    total: int

    @property
    def low(self) -> bool:
        """Whether to warn: everything still works."""
        return self.free * 100 < self.total * LOW_PERCENT

    @property
    def full(self) -> bool:
        return self.free < FULL_BYTES

    @property
    def for_files(self) -> int:
        """The bytes that are free for files if they are on the same disk as the database."""
        return max(0, self.free - min(MAX_RESERVE_BYTES, self.total * RESERVE_PERCENT // 100))

    def __str__(self) -> str:
        percent = 100 * self.free / max(1, self.total)
        return _("%(free)s of %(total)s (%(percent)s %%)") % {
            "free": format_size(self.free),
            "total": format_size(self.total),
            "percent": number_format(percent, 1),
        }


class Interval:
    """True once in a number of seconds: for messages that every request would repeat."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._due:
            return False
        self._due = now + self.seconds
        return True


def free_space() -> DiskSpace:
    """Of the data folder; unlimited if the system reports none."""
    try:
        usage = shutil.disk_usage(settings.SITE_DATA)
    except OSError:
        return DiskSpace(2**60, 2**60)
    return DiskSpace(usage.free, usage.total)


def writable(*, now: datetime) -> bool:
    """Whether the database can be written to. Raises DatabaseError if the disk is not the reason that it cannot."""
    if free_space().full:
        return False
    try:
        heartbeats.keep_fresh(name=HEARTBEAT, now=now)
    except DatabaseError as error:
        if is_full(error):
            return False
        raise
    return True


def is_full(error: BaseException) -> bool:
    """Whether a full disk is the cause of a database error."""
    text = str(error).lower()
    return any(phrase in text for phrase in FULL_MESSAGES) or free_space().full


def require_space_for_files() -> None:
    """Raises DiskFull if the storage is on this machine and its disk has no space for more files."""
    if urlsplit(settings.S3_ENDPOINT_URL).hostname in LOOPBACK and not free_space().for_files:
        raise DiskFull
