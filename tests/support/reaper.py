"""Ends every process of a test run that was killed, and removes its folder: ``reaper.py MARKER FOLDER``.

A test process that is killed cannot stop the servers and browsers that it started. This process is started with it, in
a session of its own, and reads a pipe that only the test process writes to. When the pipe closes, each process whose
environment contains the marker is killed. A normal run writes one line at its end, and nothing is killed.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

VARIABLE = "SHARESITE_TEST_RUN"
PREFIX = "sharesite-tests-"
OWNER = "owner.pid"
FINISHED = b"finished\n"
TIMEOUT_SECONDS = 20
# Python's own helper of a process that has used ``multiprocessing``: it ends with that process.
HELPER = "multiprocessing.resource_tracker"


def start(marker: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a reaper for this process, and for all that it will start: they inherit the marker."""
    os.environ[VARIABLE] = marker
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__)), marker, str(folder)],
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


def finish(reaper: "subprocess.Popen[bytes]") -> None:
    """Report to the reaper that this process has stopped its servers itself."""
    reaper.communicate(FINISHED, timeout=TIMEOUT_SECONDS)


def marked(marker: str, *, apart_from: int = 0) -> Iterator[psutil.Process]:
    """Processes whose environment contains the marker. One that ends meanwhile, or of another user, is skipped."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != apart_from and process.environ().get(VARIABLE) == marker:
                yield process


def kill(marker: str) -> list[str]:
    """Kill until none is left, since a killed server may just have started another; which, apart from Python's own."""
    commands: list[str] = []
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while (processes := list(marked(marker, apart_from=os.getpid()))) and time.monotonic() < deadline:
        for process in processes:
            with contextlib.suppress(psutil.Error):
                command = " ".join(process.cmdline())[:160]
                process.kill()
                if HELPER not in command:
                    commands.append(command)
        psutil.wait_procs(processes, timeout=5)
    return commands


def remove_stale_folders() -> None:
    """Remove the folders of runs that ended together with their reaper, as when the machine was switched off."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if not psutil.pid_exists(int((folder / OWNER).read_text())):
                shutil.rmtree(folder, ignore_errors=True)


def main(marker: str, folder: str) -> None:
    if sys.stdin.buffer.read() == FINISHED:
        return
    kill(marker)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
