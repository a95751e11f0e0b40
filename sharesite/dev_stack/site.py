"""The site's own processes: the web server, the worker and the clock."""

import http.client
import signal
import sys
from pathlib import Path
from typing import ClassVar

from sharesite.dev_stack.addresses import to_knock
from sharesite.dev_stack.managed_process import Failure, Part
from sharesite.dev_stack.options import PROJECT

SERVE = Path(__file__).with_name("serve.py")
THREADS_A_WORKER = 4
PYTHON = {
    "PYTHONPATH": str(PROJECT),
    "PYTHONUNBUFFERED": "1",
    # They run in the data folder, whose folders must not pass for packages.
    "PYTHONSAFEPATH": "1",
    # Celery warns of running as root; whoever starts this as root on their own machine knows.
    "PYTHONWARNINGS": "ignore:::celery.platforms",
}


def program(name: str) -> str:
    """A program of this virtual environment."""
    return str(Path(sys.executable).with_name(name))


class SitePart(Part):
    """A process of the site. It ends its own children when asked to, so it is asked, too, when its owner dies."""

    orphan_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, environment=PYTHON)

    def answers(self) -> bool:
        return self.alive


class Web(SitePart):
    """Granian, serving WSGI; docs/decisions says why."""

    name: ClassVar[str] = "web"

    def __init__(self, folder: Path, *, host: str, port: int, workers: int) -> None:
        super().__init__(folder)
        self.host, self.port, self.workers = host, port, workers

    def command(self) -> list[str]:
        arguments = (self.port, self.workers, THREADS_A_WORKER)
        return [sys.executable, str(SERVE), self.host, *map(str, arguments)]

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(to_knock(self.host), self.port, timeout=5)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if status >= http.client.INTERNAL_SERVER_ERROR:
            log = self.folder / "logs" / f"{self.name}.log"
            raise Failure(f"The first page of the site is an error ({status}); see {log}.")
        return True


class Celery(SitePart):
    def notable(self, line: str) -> bool:
        # Its routine, several lines a minute, is for the file.
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
