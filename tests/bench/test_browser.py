"""The browser benchmark works: short runs whose results are checked, but not their speed."""

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
from tests.bench.browser import live_updates, memory, site, small
from tests.bench.site import serving
from tests.bench.slow_proxy import ONE_WAY, RATE, line
from tests.bench.uploads import write_random_file
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("transactional_db", "storage")


@pytest.fixture(autouse=True)
def rules_as_they_were() -> Iterator[None]:
    yield
    share_storage().setup([settings.SITE_URL])


def test_the_slow_proxy_has_its_declared_latency_and_rate() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, line(listener.getsockname()[1]) as [port]:
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
        for size, least in ((1, ONE_WAY), (RATE // 2, 0.5 + ONE_WAY)):
            since, remaining = time.monotonic(), size
            body = memoryview(bytes(size))
            client.settimeout(0)
            server.settimeout(0.01)
            while remaining or body:
                with suppress(BlockingIOError):
                    body = body[client.send(body) :]
                with suppress(TimeoutError):
                    remaining -= len(server.recv(1 << 20))
            seconds = time.monotonic() - since
            assert least <= seconds < least + 0.5
        client.close()
        server.close()


@pytest.mark.long
def test_every_way_of_sending_arrives(stack: Stack) -> None:
    site.account()
    statics.collect()
    path = write_random_file(stack.folder / "browser.bin", settings.PART_BYTES + 5)
    with site.chromium() as browser:
        loopback_rounds = bench.loopback(stack, browser, path, 1)
        line_rounds = bench.long_line(stack, browser, path, 1)
        assert {method: len(seconds) for method, seconds in loopback_rounds.seconds.items()} == {
            "ours": 1,
            "uppy": 1,
            "boto3": 1,
        }
        assert set(line_rounds.seconds) == {"ours", "uppy"}
        with serving(stack) as web, site.signed_in(browser, f"http://127.0.0.1:{web.port}") as context:
            url = f"http://127.0.0.1:{web.port}"
            site.allow(url)
            small_rates = small.run(stack, context, url, number=30, rounds=1)
            arrival_seconds = live_updates.run(browser, url, number=1)
            grown_bytes = memory.run(stack, context, url, send=40 << 20, file_bytes=1 << 30)
        connection.close()  # Beside the browser's loop this is another one than the test's.
    path.unlink()
    assert SharedFile.objects.filter(ready_at__isnull=False, size=settings.PART_BYTES + 5).count() == 2
    assert SharedFile.objects.filter(ready_at__isnull=False, size=small.SIZE).count() == 30
    assert (len(small_rates.site_rates), len(small_rates.single_rates), len(arrival_seconds)) == (1, 1, 1)
    assert 10 << 20 < grown_bytes < 2 << 30
    assert (
        min(loopback_rounds.ratio("uppy"), loopback_rounds.ratio("boto3"), line_rounds.ratio("uppy"), small_rates.ratio)
        > 0
    )
