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

from shares import accesslogs
from shares.errors import StorageUnavailable
from shares.models import ReadLog
from shares.services.finished import deliveries
from shares.services.finished.deliveries import Counted
from shares.storage import StoredObject, share_storage

BUCKET = "s3://"
# A run ends soon after, and the next goes on from there: other tasks want the worker, too.
RUN_SECONDS = 240.0
# Stores write logs late and out of order: that far back, objects are looked at again.
LATE = timedelta(days=2)
OBJECTS = 500


def follow(*, now: datetime, seconds: float = RUN_SECONDS) -> Counted:
    """Read on in the logs that the settings name, for ``seconds`` at most. Raises StorageUnavailable, in words."""
    counted, until = Counted(), time.monotonic() + seconds
    if settings.ACCESS_LOG.startswith(BUCKET):
        bucket, _, prefix = settings.ACCESS_LOG.removeprefix(BUCKET).partition("/")
        _follow_bucket(bucket, prefix, counted, now, until)
    elif settings.ACCESS_LOG:
        try:
            _follow_file(Path(settings.ACCESS_LOG), counted, now, until)
        except OSError as fault:
            raise StorageUnavailable(f"The access log cannot be read: {fault.strerror}.") from fault
    return counted


def _follow_file(path: Path, counted: Counted, now: datetime, until: float) -> None:
    found = accesslogs.rotated(path)
    if not found:
        raise FileNotFoundError(2, f"there is no {path}")
    for each in found:
        try:
            if not _read_on(each, counted, now, until):
                return
        except FileNotFoundError:
            continue  # turned over in this very moment: it is there under another name the next time


def _read_on(path: Path, counted: Counted, now: datetime, until: float) -> bool:
    """False if the time was over before its end."""
    about = path.stat()
    seen = f"{about.st_size} {about.st_mtime_ns}"
    name = accesslogs.mark(path)
    if name is None:
        lines = accesslogs.lines(accesslogs.pieces(path), growing=True)
        return deliveries.read(lines, counted, now=now, until=until)
    before = ReadLog.objects.filter(pk=name).first() or ReadLog(id=name, at=now)
    if before.seen == seen:
        return True
    lines = accesslogs.lines(accesslogs.pieces(path, before.position), start=before.position, growing=True)
    if not deliveries.read(lines, counted, now=now, passed=partial(_remember, name, now), until=until):
        return False
    ReadLog.objects.filter(pk=name).update(seen=seen, at=now)
    return True


def _follow_bucket(bucket: str, prefix: str, counted: Counted, now: datetime, until: float) -> None:
    """Each object once. The listing begins behind those that lie before every one of the last days."""
    store, root = share_storage(), _name(f"{BUCKET}{bucket}/{prefix}")
    begin = after = ReadLog.objects.filter(pk=root).values_list("seen", flat=True).first() or ""
    settled = True
    for batch in _batches(store.walk_logs(bucket, prefix, after=begin)):
        names = {_name(f"{BUCKET}{bucket}/{found.key}"): found for found in batch}
        known = dict(ReadLog.objects.filter(pk__in=names).values_list("pk", "position"))
        for name, found in names.items():
            start = known.get(name, -1)
            if start < found.size:
                if counted.lines and time.monotonic() > until:
                    return
                start = max(0, start)
                lines = accesslogs.lines(store.read_log(bucket, found.key, start=start), start=start)
                if not deliveries.read(lines, counted, now=now, passed=partial(_remember, name, now), until=until):
                    return
                _remember(name, now, found.size)
            settled = settled and found.modified < now - LATE and "\0" not in found.key
            after = found.key if settled else after
        if after != begin:
            ReadLog.objects.update_or_create(pk=root, defaults={"seen": after, "at": now})


def _batches(walk: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while batch := list(islice(walk, OBJECTS)):
        yield batch


def _remember(name: str, now: datetime, position: int) -> None:
    ReadLog.objects.update_or_create(pk=name, defaults={"position": position, "at": now})


def _name(place: str) -> str:
    return hashlib.sha256(place.encode(errors="surrogatepass")).hexdigest()
