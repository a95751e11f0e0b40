"""Where the access logs are: the file or the bucket that ``ACCESS_LOG`` names, read on from where the last run ended.

What is remembered of a log only saves work: the lines themselves know whether they were counted.
"""

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from shares import accesslogs
from shares.errors import StorageUnavailable
from shares.models import ReadLog
from shares.services.finished import counting
from shares.services.finished.counting import Counted
from shares.storage import StoredObject, share_storage

BUCKET = "s3://"
# A run ends soon after, and the next goes on from there: other tasks want the worker, too.
RUN_SECONDS = 240.0
# Stores write logs late and out of order: that far back, objects are looked at again.
LATE = timedelta(days=2)
OBJECTS = 500


def follow(*, now: datetime, seconds: float = RUN_SECONDS) -> Counted:
    """Read on in the logs that the settings name, for ``seconds`` at most. Raises StorageUnavailable, in words."""
    stats, until = Counted(), time.monotonic() + seconds
    if settings.ACCESS_LOG.startswith(BUCKET):
        bucket, _, prefix = settings.ACCESS_LOG.removeprefix(BUCKET).partition("/")
        _follow_bucket(bucket, prefix, stats, now, until)
    elif settings.ACCESS_LOG:
        try:
            _follow_file(Path(settings.ACCESS_LOG), stats, now, until)
        except OSError as error:
            raise StorageUnavailable(
                gettext("The access log can't be read: %(error)s.") % {"error": error.strerror}
            ) from error
    return stats


def _follow_file(path: Path, stats: Counted, now: datetime, until: float) -> None:
    paths = accesslogs.rotated(path)
    if not paths:
        raise FileNotFoundError(2, f"there is no {path}")
    for log_path in paths:
        try:
            if not _read_on(log_path, stats, now, until):
                return
        except FileNotFoundError:
            continue  # turned over in this very moment: it is there under another name the next time


def _read_on(path: Path, stats: Counted, now: datetime, until: float) -> bool:
    """False if the time was over before its end."""
    about = path.stat()
    version = f"{about.st_size} {about.st_mtime_ns}"
    name = accesslogs.mark(path)
    if name is None:
        lines = accesslogs.lines(accesslogs.pieces(path), growing=True)
        return counting.read(lines, stats, now=now, until=until)
    before = ReadLog.objects.filter(pk=name).first() or ReadLog(id=name, at=now)
    if before.seen == version:
        return True
    lines = accesslogs.lines(accesslogs.pieces(path, before.position), start=before.position, growing=True)
    if not counting.read(lines, stats, now=now, passed=partial(_remember, name, now), until=until):
        return False
    ReadLog.objects.filter(pk=name).update(seen=version, at=now)
    return True


def _follow_bucket(bucket: str, prefix: str, stats: Counted, now: datetime, until: float) -> None:
    """Each object once. The listing begins behind those that lie before every one of the last days."""
    store, root = share_storage(), _name(f"{BUCKET}{bucket}/{prefix}")
    begin = after = ReadLog.objects.filter(pk=root).values_list("seen", flat=True).first() or ""
    settled = True
    for batch in _batches(store.walk_logs(bucket, prefix, after=begin)):
        names = {_name(f"{BUCKET}{bucket}/{log.key}"): log for log in batch}
        positions = dict(ReadLog.objects.filter(pk__in=names).values_list("pk", "position"))
        for name, log in names.items():
            start = positions.get(name, -1)
            if start < log.size:
                if stats.lines and time.monotonic() > until:
                    return
                start = max(0, start)
                lines = accesslogs.lines(store.read_log(bucket, log.key, start=start), start=start)
                if not counting.read(lines, stats, now=now, passed=partial(_remember, name, now), until=until):
                    return
                _remember(name, now, log.size)
            settled = settled and log.modified < now - LATE and "\0" not in log.key
            after = log.key if settled else after
        if after != begin:
            ReadLog.objects.update_or_create(pk=root, defaults={"seen": after, "at": now})


def _batches(walk: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while batch := list(islice(walk, OBJECTS)):
        yield batch


def _remember(name: str, now: datetime, position: int) -> None:
    ReadLog.objects.update_or_create(pk=name, defaults={"position": position, "at": now})


def _name(address: str) -> str:
    return hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()
