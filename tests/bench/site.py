"""The running site that a benchmark requests: one Granian worker on the database of this run."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from django.conf import settings

from shares.storage import share_storage
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.site import Web
from tests.stack import Stack


def database_url(stack: Stack) -> str:
    """Of the database that this process itself uses, which under pytest is a test database."""
    server, _, _ = stack.database.url.rpartition("/")
    return f"{server}/{settings.DATABASES['default']['NAME']}"


def prepare_storage(stack: Stack) -> None:
    """Clicks are refused while there is no storage, or no bucket in it."""
    stack.need(stack.storage)
    share_storage().setup([settings.SITE_URL])


@contextmanager
def serving(stack: Stack, **environment: str) -> Iterator[Web]:
    prepare_storage(stack)
    port = choose(["web"])["web"]
    web = Web(stack.folder / f"web-{port}", host="127.0.0.1", port=port, workers=1)
    web.environment |= {
        "DATABASE_URL": database_url(stack),
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        **environment,
    }
    with (stack.folder / "web.log").open("ab") as log:
        web.start(log)
    try:
        web.wait_ready()
        yield web
    finally:
        web.stop()


def memory(web: Web) -> int:
    """Bytes in memory of the server and its workers."""
    server = psutil.Process(web.pid)
    return sum(process.memory_info().rss for process in (server, *server.children(recursive=True)))
