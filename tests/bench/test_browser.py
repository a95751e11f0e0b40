"""The benchmark of the browser works: tiny runs whose outcome is looked at. How fast anything was says nothing here."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection

from shares.models import SharedFile
from shares.storage import share_storage
from sharesite.dev_stack import statics
from tests.bench import browser as bench
from tests.bench.browser import arrivals, memory, site, small
from tests.bench.line import ONE_WAY, RATE, line
from tests.bench.site import serving
from tests.bench.uploads import written
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("transactional_db", "storage")


@pytest.fixture(autouse=True)
def rules_as_they_were() -> Iterator[None]:
    yield
    share_storage().setup([settings.SITE_URL])


def test_the_long_line_is_as_long_and_as_narrow_as_it_says() -> None:
    with socket.create_server(("127.0.0.1", 0)) as far, line(far.getsockname()[1]) as [port]:
        near = socket.create_connection(("127.0.0.1", port))
        there, _ = far.accept()
        for size, least in ((1, ONE_WAY), (RATE // 2, 0.5 + ONE_WAY)):
            since, left = time.monotonic(), size
            body = memoryview(bytes(size))
            near.settimeout(0)
            there.settimeout(0.01)
            while left or body:
                with suppress(BlockingIOError):
                    body = body[near.send(body) :]
                with suppress(TimeoutError):
                    left -= len(there.recv(1 << 20))
            took = time.monotonic() - since
            assert least <= took < least + 0.5
        near.close()
        there.close()


@pytest.mark.long
def test_every_way_of_sending_arrives(stack: Stack) -> None:
    site.account()
    statics.collect()
    path = written(stack.folder / "browser.bin", settings.PART_BYTES + 5)
    with site.chromium() as browser:
        near = bench.loopback(stack, browser, path, 1)
        far = bench.long_line(stack, browser, path, 1)
        assert {way: len(seconds) for way, seconds in near.seconds.items()} == {"ours": 1, "uppy": 1, "boto3": 1}
        assert set(far.seconds) == {"ours", "uppy"}
        with serving(stack) as web, site.signed_in(browser, f"http://127.0.0.1:{web.port}") as context:
            url = f"http://127.0.0.1:{web.port}"
            site.allow(url)
            many = small.run(stack, context, url, number=30, rounds=1)
            seen = arrivals.run(browser, url, number=1)
            grown = memory.run(stack, context, url, send=40 << 20, of=1 << 30)
        connection.close()  # Beside the browser's loop this is another one than the test's.
    path.unlink()
    assert SharedFile.objects.filter(ready_at__isnull=False, size=settings.PART_BYTES + 5).count() == 2
    assert SharedFile.objects.filter(ready_at__isnull=False, size=small.SIZE).count() == 30
    assert (len(many.ours), len(many.one_by_one), len(seen)) == (1, 1, 1)
    assert 10 << 20 < grown < 2 << 30
    assert min(near.ratio("uppy"), near.ratio("boto3"), far.ratio("uppy"), many.ratio) > 0
