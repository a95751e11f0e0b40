"""Bundles and collects static files if a source has changed since they were collected."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder

from sharesite.dev_stack.managed_process import StackError
from sharesite.dev_stack.options import PROJECT

# What build.js reads, but for its packages: package-lock.json names their versions.
BUILD_INPUTS = ("build.js", "package-lock.json", "static/favicon.svg", "static/css", "static/js")


def fingerprint() -> str:
    """A hash that changes whenever a static file of the site or of one of its packages is added, removed or written."""
    paths = [PROJECT / name for name in BUILD_INPUTS]
    paths += [file for path in paths for file in path.rglob("*")]
    paths += [Path(storage.path(name)) for name, storage in AppDirectoriesFinder().list([])]
    entries = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths if path.is_file()]
    return hashlib.sha256(json.dumps(sorted(entries)).encode()).hexdigest()


def collect() -> bool:
    """Build and collect if stale; returns whether it did.

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
    bin_folder = Path(sys.executable).parent
    # The setup installs Node beside Python where the machine has none.
    node = shutil.which("node", path=f"{bin_folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if node is None:
        raise StackError("The scripts could not be built: there is no node. `make setup` installs it.")
    _run([node, "build.js"], "The scripts could not be built")
    # In a process of its own: the settings look for the result.
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"]
    _run(command, "The static files could not be collected")
    fingerprint_path.write_text(now)
    return True


def _run(command: list[str], problem: str) -> None:
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, start_new_session=True, check=False)
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip() or "no reason given").splitlines()[-1]
        raise StackError(f"{problem}: {last}")
