"""A site whose database survives a kill, whose URLs live ten seconds, and whose storage is behind a bad line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from shares.storage import share_storage
from sharesite.dev_stack.ports import choose
from tests.e2e.chaos.proxy import Proxy
from tests.e2e.chaos.senders import Crowd
from tests.e2e.site import Site
from tests.postgres import PostgreSQL
from tests.stack import Stack

MIB = 1024 * 1024


class Haunted(Site):
    def __init__(self, stack: Stack, proxy: Proxy, database: PostgreSQL) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "haunted"
        self.log = self.folder / "web.log"
        self.environment |= {
            "SITE_DATA": str(self.folder),
            "DATABASE_URL": database.url,
            "S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{proxy.port}",
            "PART_BYTES": str(5 * MIB),
            "UPLOAD_URL_SECONDS": "10",
        }


@pytest.fixture(scope="package")
def database(stack: Stack) -> PostgreSQL:
    """One that waits for the disk: what it has said is there after a kill."""
    server = PostgreSQL(stack.folder / "haunted-database", port=choose(["haunted"])["haunted"], durable=True)
    stack.need(server)
    return server


@pytest.fixture(scope="package")
def line(stack: Stack) -> Iterator[Proxy]:
    stack.need(stack.storage)
    proxy = Proxy(stack.storage.ports["s3"])
    yield proxy
    proxy.close()


@pytest.fixture(scope="package")
def haunted(stack: Stack, line: Proxy, database: PostgreSQL) -> Iterator[Site]:
    site = Haunted(stack, line, database)
    site.set_up()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def sender_pool(browser: Browser, haunted: Site, line: Proxy, tmp_path: Path) -> Iterator[Crowd]:
    share_storage().setup([haunted.url])
    yield Crowd(browser, haunted, line, tmp_path)
    line.lots, line.rate = list, None
