"""Collects static files if a source has changed since they were collected."""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import PROJECT


def fingerprint() -> str:
    """A hash that changes whenever a static file of the site or of one of its packages is added, removed or written."""
    entries: list[tuple[str, int, int]] = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            entry = Path(storage.path(name)).stat()
            entries.append((name, entry.st_size, entry.st_mtime_ns))
    return hashlib.sha256(json.dumps(sorted(entries)).encode()).hexdigest()


def collect() -> bool:
    """Collect if stale; returns whether it did. In a process of its own: the settings look for the result.

    Two sites that start from one folder at the same time collect one after the other; the second has nothing to do.
    """
    root = Path(settings.STATIC_ROOT)
    with alone(root.parent):
        return _collect_if_stale(root / ".fingerprint")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process has locked ``folder``, and lock it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _collect_if_stale(fingerprint_path: Path) -> bool:
    now = fingerprint()
    if fingerprint_path.exists() and fingerprint_path.read_text() == now:
        return False
    command = [sys.executable, str(PROJECT / "manage.py"), "collectstatic", "--noinput", "--clear", "--verbosity=0"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, start_new_session=True, check=False)
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip() or "no reason given").splitlines()[-1]
        raise StackError(f"The static files could not be collected: {last}")
    fingerprint_path.write_text(now)
    return True
