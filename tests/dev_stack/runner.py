"""``manage.py up`` as a user runs it: a process with output to read and signals to send."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from sharesite.dev_stack.data_directory import NAMES
from sharesite.dev_stack.options import PROJECT
from sharesite.dev_stack.ports import choose
from tests.support.migrated_database import copy_migrated_database, promote_owner

READY_SECONDS = 60
# What a shell may hold for other work; the stack must not fall for it.
STRANGE = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "else", "AWS_SESSION_TOKEN": "again"}
OWN_VARIABLES = re.compile(
    r"SITE_|S3_|AWS_|REDIS_URL|SECRET_KEY|DATABASE_URL|DEBUG|ALLOWED_HOSTS|DJANGO_SETTINGS_MODULE"
)


class Run:
    """One start of the stack on a data folder. ``tree`` is every process it ever had, once it was ready.

    A new data folder is given a database with all tables and the owner's account, as an ``administrator`` if that is
    set; with ``empty`` the start has to create the tables. ``token`` is the owner's, for the API.
    """

    def __init__(
        self,
        data: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        python: Path = Path(sys.executable),
        output: Path | None = None,
        empty: bool = False,
        administrator: bool = False,
        **environment: str,
    ) -> None:
        self.data, self.host = data, host
        ports = choose(["web", *NAMES])
        self.port = port or ports.pop("web")
        self.url = f"http://{host}:{self.port}/"
        self.output = output or data.with_suffix(".out")
        self.token = ""
        if not (data / "ports.json").exists():
            # Two test processes that draw from the site's own range at once could draw the same.
            data.mkdir(parents=True, exist_ok=True)
            (data / "ports.json").write_text(json.dumps({name: ports[name] for name in NAMES}))
            if not empty:
                self.token = copy_migrated_database(data / "db.sqlite3")
                if administrator:
                    promote_owner(data / "db.sqlite3")
        outside = {name: value for name, value in os.environ.items() if not OWN_VARIABLES.match(name)}
        command = [str(python), str(PROJECT / "manage.py"), "up", "--port", str(self.port), "--data", str(data)]
        with self.output.open("wb") as file:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                [*command, "--host", host, "--workers", "1"],
                env={**outside, **STRANGE, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.tree: list[psutil.Process] = []

    @property
    def output_lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def ready_lines(self) -> list[str]:
        return [line for line in self.output_lines if line.startswith("ready ")]

    def wait_ready(self) -> float:
        """Seconds from the start to the ready line."""
        deadline = self.started + READY_SECONDS
        while not self.ready_lines():
            assert self.process.poll() is None, self.output_lines[-20:]
            assert time.monotonic() < deadline, self.output_lines[-20:]
            time.sleep(0.05)
        took = time.monotonic() - self.started
        self.tree = psutil.Process(self.process.pid).children(recursive=True)
        return took

    def part(self, word: str) -> psutil.Process:
        """The part whose command line holds the word."""
        children = psutil.Process(self.process.pid).children()
        return next(process for process in children if word in " ".join(command_line(process)))

    def wait(self, seconds: float = 30) -> int:
        return self.process.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.wait()

    def left_over(self, seconds: float = 0) -> list[str]:
        """What still runs of the tree after at most that many seconds."""
        _exited_processes, alive = psutil.wait_procs(self.tree, timeout=seconds)
        return [" ".join(command) for process in alive if (command := command_line(process))]

    def clear(self) -> None:
        """End what is still there: a rule that is broken must not leave its processes on the machine."""
        for process in psutil.wait_procs(self.tree, timeout=10)[1]:
            process.kill()

    def listening(self) -> set[tuple[str, int]]:
        """Where any process of the tree waits for callers."""
        return {
            (entry.laddr.ip, entry.laddr.port)
            for process in psutil.Process(self.process.pid).children(recursive=True)
            for entry in process.net_connections("inet")
            if entry.status == psutil.CONN_LISTEN
        }


def command_line(process: psutil.Process) -> list[str]:
    """Empty for one that has ended, or ends at this moment."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
