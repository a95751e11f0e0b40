"""The site in a process of its own, on the same database that the test reads."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.e2e.site import Site
from tests.stack import Stack


class SameDatabase(Site):
    """Without storage, downloads are refused: tests that download need it, too."""

    def __init__(self, stack: Stack, name: str = "races") -> None:
        super().__init__(stack, name)
        self.log = self.folder / "web.log"
        server, _, _ = stack.database.url.rpartition("/")
        self.environment["DATABASE_URL"] = f"{server}/{settings.DATABASES['default']['NAME']}"


@pytest.fixture(scope="session")
def site_on_test_database(stack: Stack, django_db_setup: None) -> Iterator[Site]:
    """It stays up between tests: rows come and go in the same tables."""
    assert not stack.sqlite, "Races are run on PostgreSQL: SQLite has one writer, and nothing to race for."
    site = SameDatabase(stack)
    site.folder.mkdir(exist_ok=True)
    site.start()
    yield site
    site.stop()


@pytest.fixture
def racing_site(site_on_test_database: Site, transactional_db: None, storage: None) -> Site:
    return site_on_test_database
