"""The whole site as people use it: its own process, port and database, with the storage of the tests."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from shares.storage import share_storage
from sharesite.dev_stack import statics
from sharesite.dev_stack.ports import choose
from tests.e2e.console import PROJECT, Console
from tests.stack import Stack
from tests.support.migrated_database import EMAIL, PASSWORD, copy_migrated_database, prepare

__all__ = ["EMAIL", "LAN_HOST", "PASSWORD", "PROJECT", "Site"]

LAN_HOST = "nas.lan.test"
# The minimum of S3: an upload of several parts then needs only a dozen megabytes.
PART_MIB = 5


class Site:
    threads = 8
    workers = 1

    def __init__(self, stack: Stack, name: str = "site") -> None:
        """``name`` is the data folder: two sites of one test process must not share it."""
        self.stack = stack
        self.port = choose(["web"])["web"]
        self.url = f"http://127.0.0.1:{self.port}"
        # The same site as another machine of the local network opens it: by a name, on plain http.
        self.lan_url = f"http://{LAN_HOST}:{self.port}"
        self.folder = stack.folder / name
        self.log = self.folder / "web.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            **stack.environment(),
            "SITE_DATA": str(self.folder),
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": LAN_HOST,
            "S3_PUBLIC_ENDPOINT_URL": stack.storage_url.replace("127.0.0.1", "{host}"),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "sharesite.settings",
            "PART_BYTES": f"{PART_MIB}MiB",
        }
        # Of the owner, for the API.
        self.token = ""
        self._console: Console | None = None

    @contextmanager
    def running(self, *origins: str) -> Iterator["Site"]:
        """Set up and start everything; the CORS rules of storage allow ``url`` and ``origins``."""
        share_storage().setup([self.url, *origins])
        try:
            self.set_up()
            self.start()
            yield self
        finally:
            self.close()

    def set_up(self) -> None:
        """Create tables, the owner's account, and static files."""
        self.folder.mkdir()
        statics.collect()
        database = self.folder / "db.sqlite3"
        if self.environment["DATABASE_URL"] == f"sqlite:///{database}":
            self.token = copy_migrated_database(database)
        else:
            self.token = prepare(self.console_environment())

    def console_environment(self) -> Mapping[str, str]:
        """The environment of management commands; the web server has ``environment``."""
        return self.environment

    def execute(self, code: str) -> str:
        """Run Python code with the settings of the site; returns what it printed."""
        if self._console is None:
            self._console = Console(self.console_environment())
        return self._console.run(code)

    def manage(self, *arguments: str) -> str:
        """Run a management command, in the process that runs ``execute``; returns what it printed."""
        return self.execute(f"from django.core.management import call_command; call_command(*{arguments!r})")

    def start(self) -> None:
        program = str(Path(sys.executable).with_name("granian"))
        command = [program, "--interface=wsgi", "--host=127.0.0.1", f"--port={self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *command,
                    f"--workers={self.workers}",
                    f"--blocking-threads={self.threads}",
                    "sharesite.wsgi:application",
                ],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_ready(self.process)
        except BaseException:
            self.stop()
            raise

    def _wait_ready(self, process: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert process.poll() is None, self.log.read_text()[-3000:]
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.log.read_text()[-3000:])

    def stop(self) -> None:
        """End the web server, which may have ended by itself."""
        process, self.process = self.process, None
        if process is None:
            return
        try:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
            raise

    def close(self) -> None:
        """End everything that was started."""
        try:
            self.stop()
        finally:
            if self._console is not None:
                self._console.close()
                self._console = None
