"""The processes of a test run that was killed end all the same."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.support import reaper

# A small test process: it starts a reaper and a server, prints their ids, and waits to be killed.
RUN = """
import subprocess, sys, time
from pathlib import Path
from tests.support import reaper
ends = reaper.start(sys.argv[1], Path(sys.argv[2]))
server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(ends.pid, server.pid, flush=True)
if sys.argv[3] == "finish":
    sys.stdin.readline()
    server.kill(); server.wait()
    reaper.finish(ends)
else:
    time.sleep(600)
"""


def begin(marker: str, folder: Path, ending: str) -> "tuple[subprocess.Popen[str], list[psutil.Process]]":
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, marker, str(folder), ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert run.stdout is not None
    return run, [psutil.Process(int(pid)) for pid in run.stdout.readline().split()]


def test_a_killed_run_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    run, (ends, server) = begin("killed", folder, "wait")
    assert [process.pid for process in reaper.marked("killed", apart_from=run.pid)] == [server.pid]
    run.send_signal(signal.SIGKILL)
    run.wait()
    exited_processes, alive = psutil.wait_procs([ends, server], timeout=reaper.TIMEOUT_SECONDS)
    assert (len(exited_processes), alive) == (2, [])
    assert not folder.exists()


def test_a_run_that_ends_well_keeps_what_it_wrote(tmp_path: Path) -> None:
    run, _ = begin("finished", tmp_path, "finish")
    run.communicate("\n", timeout=reaper.TIMEOUT_SECONDS)
    assert run.returncode == 0
    assert tmp_path.exists()


def test_what_a_test_left_behind_is_killed_and_named() -> None:
    environment = {**os.environ, reaper.VARIABLE: "left"}
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env=environment)
    subprocess.Popen(
        [sys.executable, "-c", "'multiprocessing.resource_tracker'; import time; time.sleep(600)"], env=environment
    )
    deadline = time.monotonic() + reaper.TIMEOUT_SECONDS
    while len(list(reaper.marked("left"))) < 2:
        assert time.monotonic() < deadline
    assert reaper.kill("left") == [f"{sys.executable} -c import time; time.sleep(600)"]
    assert not list(reaper.marked("left"))
