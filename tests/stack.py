"""The real servers of the tests, in a temporary folder; each starts when a test first needs it."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sharesite.dev_stack.managed_process import ManagedProcess, StackError
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import PORTS, SeaweedFS
from sharesite.dev_stack.valkey import Valkey
from tests.postgres import PostgreSQL
from tests.storage.lookalikes import Lookalike, variables
from tests.support import reaper

# A kind of tests.storage.lookalikes, for all tests that do not choose one themselves: STORE_LIKE=b2 pytest tests/e2e/…
STORE_LIKE = os.environ.get("STORE_LIKE", "")
# Test processes that work for another one keep their folders in its folder, and it removes them all.
FOLDER_VARIABLE = "SHARESITE_TEST_FOLDER"


class Stack:
    """Ports and keys are chosen at once, so that the settings can be loaded before any server runs.

    ``durable`` makes PostgreSQL wait for the disk, as in production: for benchmarks.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=os.environ.get(FOLDER_VARIABLE), prefix=reaper.PREFIX))
        self.folder.chmod(0o711)  # The database's user must pass through.
        (self.folder / reaper.OWNER).write_text(str(os.getpid()))
        self.sqlite = os.environ.get("TEST_DATABASE", "postgresql") == "sqlite"
        ports = choose([*PORTS, "broker", "database"])
        self.storage = SeaweedFS(
            self.folder / "s3", ports=ports, access_key=secrets.token_hex(10), secret_key=secrets.token_urlsafe(30)
        )
        self.broker = Valkey(self.folder / "valkey", port=ports["broker"], password=secrets.token_urlsafe(24))
        self.database = PostgreSQL(self.folder / "postgresql", port=ports["database"], durable=durable)
        self.lookalike = Lookalike(self.storage.url, STORE_LIKE) if STORE_LIKE else None
        self.started: list[ManagedProcess] = []

    @property
    def storage_url(self) -> str:
        """Where the site reaches the storage: through a lookalike if there is one."""
        return self.lookalike.url if self.lookalike else self.storage.url

    def environment(self) -> dict[str, str]:
        database = f"sqlite:///{quote(str(self.folder))}/db.sqlite3" if self.sqlite else self.database.url
        return {
            "SITE_DATA": str(self.folder),
            "SITE_URL": "http://127.0.0.1:8000",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": database,
            "REDIS_URL": self.broker.url,
            "S3_BUCKET": "shares",
            "S3_REGION": "us-east-1",
            "S3_ADDRESSING_STYLE": "path",
            "S3_ENDPOINT_URL": self.storage_url,
            "S3_PUBLIC_ENDPOINT_URL": self.storage_url,
            **(variables(STORE_LIKE) if STORE_LIKE else {}),
            "AWS_ACCESS_KEY_ID": self.storage.access_key,
            "AWS_SECRET_ACCESS_KEY": self.storage.secret_key,
            "AWS_SESSION_TOKEN": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def need(self, part: ManagedProcess) -> None:
        """Start the part if it does not run, and wait until it answers."""
        log = self.folder / f"{part.name}.log"
        if part not in self.started:
            self.started.append(part)
            with log.open("ab") as output:
                part.start(output)
        wait_ready(part, log)

    def stop(self) -> None:
        for part in reversed(self.started):
            part.stop()
        self.started.clear()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_ready(part: ManagedProcess, log: Path) -> None:
    """Return when the process responds; a failure contains the last lines of its log."""
    try:
        part.wait_ready()
    except StackError as failure:
        last_lines = log.read_text(errors="replace").splitlines()[-5:]
        raise StackError("\n".join([str(failure), *last_lines])) from None


@contextmanager
def running(part: ManagedProcess, log: Path) -> Iterator[None]:
    """The part, from when it answers to the end of the block."""
    with log.open("ab") as output:
        part.start(output)
        try:
            wait_ready(part, log)
            yield
        finally:
            part.stop()
