"""The whole site as people meet it: its own process, port and database, with the tests' storage behind it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shares.storage import share_storage
from sharesite.local import statics
from sharesite.local.ports import choose
from tests.stack import Stack

PROJECT = Path(__file__).resolve().parents[2]
LAN_HOST = "nas.lan.test"
EMAIL = "owner@example.com"
PASSWORD = "correct horse battery staple"
ACCOUNT = f"""
from shares.models import User
User.objects.create_user({EMAIL!r}, {PASSWORD!r}, name="Olga Owner")
"""


class Site:
    threads = 8

    def __init__(self, stack: Stack, name: str = "site") -> None:
        """``name`` is the folder of its data: two sites of one test process must not share one."""
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
            "S3_PUBLIC_ENDPOINT_URL": stack.storage.url.replace("127.0.0.1", "{host}"),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "sharesite.settings",
        }

    @contextmanager
    def running(self, *more: str) -> Iterator["Site"]:
        """Everything set up and started; the storage lets in pages of ``url``, and of ``more``."""
        share_storage().setup([self.url, *more])
        self.set_up()
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def set_up(self) -> None:
        self.folder.mkdir()
        self.manage("migrate", "--verbosity=0")
        statics.collect()
        self.manage("shell", "--verbosity=0", "--command", ACCOUNT)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        program = str(Path(sys.executable).with_name("granian"))
        command = [program, "--interface=wsgi", "--host=127.0.0.1", f"--port={self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--blocking-threads={self.threads}", "sharesite.wsgi:application"],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=2)
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.log.read_text()[-3000:])

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
            self.process = None
