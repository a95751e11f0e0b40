"""Uploads in real Chromium: the site's page against boto3, Uppy and one-by-one, in the same run: ``make bench-upload``.

All send to the same SeaweedFS; they alternate within a round, and the figure is the median of the rounds' ratios.
"""

import os
from pathlib import Path
from statistics import median

from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser

from shares.storage import share_storage
from sharesite.dev_stack import statics
from tests.bench.browser import live_updates, memory, small, uppy
from tests.bench.browser.big import Rounds
from tests.bench.browser.site import account, allow, chromium, signed_in
from tests.bench.figures import Figure
from tests.bench.site import serving
from tests.bench.slow_proxy import line
from tests.bench.uploads import write_random_file
from tests.stack import Stack

MIB = 1024 * 1024
# The driver of the browser runs a loop in this thread; the database is asked from it all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def measure(stack: Stack, *, short: bool) -> list[Figure]:
    stack.need(stack.database)
    stack.need(stack.storage)
    call_command("migrate", verbosity=0)
    share_storage().setup([settings.SITE_URL])
    account()
    statics.collect()
    rounds = 2 if short else 5
    path = write_random_file(stack.folder / "upload.bin", (256 if short else 1024) * MIB)
    with chromium() as browser:
        loopback_rounds = loopback(stack, browser, path, rounds)
        print(f"loopback: {loopback_rounds.summary()}", flush=True)
        line_rounds = long_line(stack, browser, path, rounds)
        print(f"long line: {line_rounds.summary()}", flush=True)
        path.unlink()
        with serving(stack) as web, signed_in(browser, url := f"http://127.0.0.1:{web.port}") as context:
            allow(url)
            small_rates = small.run(stack, context, url, number=300 if short else 2000, rounds=rounds)
            print(small_rates.summary(), flush=True)
            arrival_seconds = live_updates.run(browser, url, number=5)
            grown_bytes = memory.run(stack, context, url, send=(1 if short else 4) << 30, file_bytes=20 << 30)
    return [
        Figure("1 GiB in the browser / boto3, 8 threads", loopback_rounds.ratio("boto3"), 0.9),
        Figure("1 GiB in the browser / Uppy", loopback_rounds.ratio("uppy"), 1.0),
        Figure("the same over the long line / Uppy", line_rounds.ratio("uppy"), 3.0),
        Figure("files of 10 kB a second / one by one", small_rates.ratio, 3.0),
        Figure("longest task of the page, 1 GiB", loopback_rounds.longest, 50, "ms", at_most=True),
        Figure("longest task of the page, 10 kB files", small_rates.longest, 50, "ms", at_most=True),
        Figure("memory of the page, 20 GiB file", grown_bytes / MIB, 400, "MiB", at_most=True),
        Figure("ready file seen by the recipient", median(arrival_seconds), 2, "s", at_most=True),
    ]


def loopback(stack: Stack, browser: Browser, path: Path, rounds: int) -> Rounds:
    with uppy.hosted(stack.storage.url) as host, serving(stack) as web:
        url, opponent_url = (f"http://127.0.0.1:{port}" for port in (web.port, host.port))
        allow(url, opponent_url)
        with signed_in(browser, url) as context:
            return Rounds.measure(path, context, url, opponent_url, rounds, ["ours", "uppy", "boto3"])


def long_line(stack: Stack, browser: Browser, path: Path, rounds: int) -> Rounds:
    """Site, storage and the opponent's server all stand at the far end."""
    with line(stack.storage.ports["s3"]) as [storage_port]:
        address = f"http://127.0.0.1:{storage_port}"
        with (
            uppy.hosted(address) as host,
            serving(stack, S3_PUBLIC_ENDPOINT_URL=address) as web,
            line(web.port, host.port) as ports,
        ):
            url, opponent_url = (f"http://127.0.0.1:{port}" for port in ports)
            allow(url, opponent_url)
            with signed_in(browser, url) as context:
                return Rounds.measure(path, context, url, opponent_url, rounds, ["ours", "uppy"])
