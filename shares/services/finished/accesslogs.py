"""Reads the access logs that ``ACCESS_LOG`` names, a file or a bucket, from where the last run ended.

A log cursor only saves work: each line is recorded once it is counted.
"""

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy

from shares import accesslogs
from shares.errors import StorageUnavailable
from shares.models import LogCursor
from shares.services.finished import counting
from shares.services.finished.counting import ImportStats
from shares.storage import StoredObject, share_storage

BUCKET = "s3://"
# A run ends soon after this time, and the next continues: other tasks need the worker, too.
RUN_SECONDS = 240.0
# Storage writes logs late and out of order: objects of this age are checked again.
LATE = timedelta(days=2)
OBJECTS = 500


def follow(*, now: datetime, seconds: float = RUN_SECONDS) -> ImportStats:
    """Continue reading the logs that the settings name, for at most ``seconds``. Raises StorageUnavailable."""
    stats, until = ImportStats(), time.monotonic() + seconds
    if settings.ACCESS_LOG.startswith(BUCKET):
        bucket, _, prefix = settings.ACCESS_LOG.removeprefix(BUCKET).partition("/")
        _follow_bucket(bucket, prefix, stats, now, until)
    elif settings.ACCESS_LOG:
        try:
            _follow_file(Path(settings.ACCESS_LOG), stats, now, until)
        except OSError as error:
            raise StorageUnavailable(
                gettext_lazy("The access log can't be read: %(error)s."), error=error.strerror
            ) from error
    return stats


def _follow_file(path: Path, stats: ImportStats, now: datetime, until: float) -> None:
    paths = accesslogs.rotated_paths(path)
    if not paths:
        raise FileNotFoundError(2, f"there is no {path}")
    for log_path in paths:
        try:
            if not _read_file(log_path, stats, now, until):
                return
        except FileNotFoundError:
            continue  # It was rotated just now: the next run finds it under another name.


def _read_file(path: Path, stats: ImportStats, now: datetime, until: float) -> bool:
    """Return False if the time was over before the end of the log."""
    status = path.stat()
    version = f"{status.st_size} {status.st_mtime_ns}"
    name = accesslogs.fingerprint(path)
    if name is None:
        lines = accesslogs.read_lines(accesslogs.read_chunks(path), growing=True)
        return counting.count_downloads(lines, stats, now=now, until=until)
    cursor = LogCursor.objects.filter(pk=name).first() or LogCursor(id=name, read_at=now)
    if cursor.marker == version:
        return True
    lines = accesslogs.read_lines(accesslogs.read_chunks(path, cursor.position), start=cursor.position, growing=True)
    if not counting.count_downloads(
        lines, stats, now=now, save_position=partial(_save_position, name, now), until=until
    ):
        return False
    LogCursor.objects.filter(pk=name).update(marker=version, read_at=now)
    return True


def _follow_bucket(bucket: str, prefix: str, stats: ImportStats, now: datetime, until: float) -> None:
    """Read each object once. The listing starts after the keys that precede all objects of the last days."""
    log_objects, root = share_storage().objects_of(bucket), _cursor_id(f"{BUCKET}{bucket}/{prefix}")
    begin = after = LogCursor.objects.filter(pk=root).values_list("marker", flat=True).first() or ""
    settled = True
    for batch in _batches(log_objects.walk(prefix, after=begin)):
        names = {_cursor_id(f"{BUCKET}{bucket}/{log.key}"): log for log in batch}
        positions = dict(LogCursor.objects.filter(pk__in=names).values_list("pk", "position"))
        for name, log in names.items():
            start = positions.get(name, -1)
            if start < log.size:
                if stats.lines and time.monotonic() > until:
                    return
                start = max(0, start)
                lines = accesslogs.read_lines(log_objects.read_to_end(log.key, start=start), start=start)
                if not counting.count_downloads(
                    lines, stats, now=now, save_position=partial(_save_position, name, now), until=until
                ):
                    return
                _save_position(name, now, log.size)
            settled = settled and log.modified < now - LATE and "\0" not in log.key
            after = log.key if settled else after
        if after != begin:
            LogCursor.objects.update_or_create(pk=root, defaults={"marker": after, "read_at": now})


def _batches(walk: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while batch := list(islice(walk, OBJECTS)):
        yield batch


def _save_position(name: str, now: datetime, position: int) -> None:
    LogCursor.objects.update_or_create(pk=name, defaults={"position": position, "read_at": now})


def _cursor_id(address: str) -> str:
    return hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()
