"""A site whose database survives a kill, whose URLs expire after ten seconds, and whose storage is behind a proxy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from shares.storage import share_storage
from sharesite.dev_stack.ports import choose
from tests.e2e.chaos.proxy import ChaosProxy
from tests.e2e.chaos.senders import SenderPool
from tests.e2e.site import Site
from tests.postgres import PostgreSQL
from tests.stack import Stack

MIB = 1024 * 1024


class ChaosSite(Site):
    def __init__(self, stack: Stack, proxy: ChaosProxy, database: PostgreSQL) -> None:
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
    """A server that waits for the disk: what it has confirmed is there after a kill."""
    server = PostgreSQL(stack.folder / "haunted-database", port=choose(["haunted"])["haunted"], durable=True)
    stack.need(server)
    return server


@pytest.fixture(scope="package")
def chaos_proxy(stack: Stack) -> Iterator[ChaosProxy]:
    stack.need(stack.storage)
    proxy = ChaosProxy(stack.storage.ports["s3"])
    yield proxy
    proxy.close()


@pytest.fixture(scope="package")
def chaos_site(stack: Stack, chaos_proxy: ChaosProxy, database: PostgreSQL) -> Iterator[Site]:
    site = ChaosSite(stack, chaos_proxy, database)
    site.set_up()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def sender_pool(browser: Browser, chaos_site: Site, chaos_proxy: ChaosProxy, tmp_path: Path) -> Iterator[SenderPool]:
    share_storage().setup([chaos_site.url])
    yield SenderPool(browser, chaos_site, chaos_proxy, tmp_path)
    chaos_proxy.plan_cuts, chaos_proxy.rate = list, None
