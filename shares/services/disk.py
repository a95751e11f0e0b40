"""How much room the disk of the data folder has: when it is full, the site says so in words and goes on."""

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
# SQLite's words, and those of the system, which PostgreSQL repeats.
FULL_WORDS = ("disk is full", "no space left on device", "disk quota exceeded")
PROBE = "disk"


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of one disk: those that this user may still write, and all."""

    free: int
    total: int

    @property
    def low(self) -> bool:
        """Time to warn: everything still works."""
        return self.free * 100 < self.total * LOW_PERCENT

    @property
    def full(self) -> bool:
        return self.free < FULL_BYTES

    @property
    def for_files(self) -> int:
        """What is left for files where they lie on the same disk as the database."""
        return max(0, self.free - min(MAX_RESERVE_BYTES, self.total * RESERVE_PERCENT // 100))

    def __str__(self) -> str:
        percent = 100 * self.free / max(1, self.total)
        return _("%(free)s of %(total)s (%(percent)s %%)") % {
            "free": format_size(self.free),
            "total": format_size(self.total),
            "percent": number_format(percent, 1),
        }


class Interval:
    """Lets one through in so many seconds: for lines that every request would repeat."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._due:
            return False
        self._due = now + self.seconds
        return True


def room() -> Room:
    """Of the data folder; endless where nobody can tell."""
    try:
        usage = shutil.disk_usage(settings.SITE_DATA)
    except OSError:
        return Room(2**60, 2**60)
    return Room(usage.free, usage.total)


def writable(*, now: datetime) -> bool:
    """Whether the database can be written to. Raises DatabaseError where the disk is not the reason that it cannot."""
    if room().full:
        return False
    try:
        heartbeats.keep_fresh(name=PROBE, now=now)
    except DatabaseError as error:
        if is_full(error):
            return False
        raise
    return True


def is_full(error: BaseException) -> bool:
    """Whether a full disk is what the database complains of, in whatever words."""
    text = str(error).lower()
    return any(phrase in text for phrase in FULL_WORDS) or room().full


def require_room_for_files() -> None:
    """Raises DiskFull where the storage is this machine's own and its disk has no room for more files."""
    if urlsplit(settings.S3_ENDPOINT_URL).hostname in LOOPBACK and not room().for_files:
        raise DiskFull
