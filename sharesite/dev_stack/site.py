"""The site's own processes: the web server, the worker and the scheduler."""

import http.client
import signal
import sys
from pathlib import Path
from typing import ClassVar

from sharesite.dev_stack.addresses import reachable_address
from sharesite.dev_stack.managed_process import ManagedProcess, StackError
from sharesite.dev_stack.options import PROJECT

SERVE = Path(__file__).with_name("serve.py")
THREADS_A_WORKER = 4
PYTHON = {
    "PYTHONPATH": str(PROJECT),
    "PYTHONUNBUFFERED": "1",
    # They run in the data folder, whose folders must not be imported as packages.
    "PYTHONSAFEPATH": "1",
    # Celery warns of running as root, which is known to those who start this as root on their own machine.
    "PYTHONWARNINGS": "ignore:::celery.platforms",
}


def program(name: str) -> str:
    """A program of this virtual environment."""
    return str(Path(sys.executable).with_name(name))


class SiteProcess(ManagedProcess):
    """A process of the site. It stops its own children on SIGTERM, so it also gets that when its owner dies."""

    orphan_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, environment=PYTHON)

    def is_responding(self) -> bool:
        return self.alive


class Web(SiteProcess):
    """Granian, serving WSGI; docs/decisions has the reasons."""

    name: ClassVar[str] = "web"

    def __init__(self, folder: Path, *, host: str, port: int, workers: int) -> None:
        super().__init__(folder)
        self.host, self.port, self.workers = host, port, workers

    def command(self) -> list[str]:
        arguments = (self.port, self.workers, THREADS_A_WORKER)
        return [sys.executable, str(SERVE), self.host, *map(str, arguments)]

    def is_responding(self) -> bool:
        connection = http.client.HTTPConnection(reachable_address(self.host), self.port, timeout=5)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if status >= http.client.INTERNAL_SERVER_ERROR:
            log = self.folder / "logs" / f"{self.name}.log"
            raise StackError(f"The first page of the site is an error ({status}); see {log}.")
        return True


class Celery(SiteProcess):
    def should_echo(self, line: str) -> bool:
        # Routine messages, several a minute, go to the file only.
        return bool(line) and " INFO celery." not in line and not line.startswith("worker: ")


class Worker(Celery):
    name: ClassVar[str] = "worker"

    def command(self) -> list[str]:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [
            program("celery"),
            "-q",
            "-A",
            "sharesite.celery:app",
            "worker",
            "--concurrency=2",
            "-l",
            "INFO",
            *quiet,
        ]


class Beat(Celery):
    name: ClassVar[str] = "beat"

    def command(self) -> list[str]:
        return [program("celery"), "-q", "-A", "sharesite.celery:app", "beat", "-l", "WARNING", "--pidfile="]
