"""What a pause, an interruption and a reload cost on a slow connection: nothing, and at most about 20 s of it.

``UPLINK_MBIT`` sets the rate; the default is quick. docs/testing.md has the command for 2 and 10.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from shares.storage import share_storage
from tests.e2e.conftest import signed_in_page
from tests.e2e.proxies.uplink import Uplink
from tests.e2e.site import Site
from tests.e2e.upload_page import (
    LEAVE,
    choose,
    collect_stored_parts,
    expect_state,
    fetch_page_files,
    random_file,
    wait_until,
)
from tests.stack import Stack

MIB = 1024 * 1024
MBIT = float(os.environ.get("UPLINK_MBIT", "64"))
RATE = MBIT * 1e6 / 8
# A part of the smallest size that S3 takes is 21 s of 2 Mbit/s.
CUT_SECONDS = 21.5
# Large enough that some of it remains when a busy machine presses a button.
SIZE = 80 * MIB


class HomeSite(Site):
    """Its sender reaches the storage through the proxy. Parts have the default size of the setting."""

    def __init__(self, stack: Stack, uplink: Uplink) -> None:
        super().__init__(stack, "at-home")
        self.environment |= {"S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{uplink.port}", "PART_BYTES": "16M"}


@pytest.fixture(scope="module")
def uplink(stack: Stack) -> Iterator[Uplink]:
    stack.need(stack.storage)
    uplink = Uplink(stack.storage.ports["s3"], rate=RATE)
    yield uplink
    uplink.close()


@pytest.fixture(scope="module")
def home_site(stack: Stack, uplink: Uplink) -> Iterator[Site]:
    with HomeSite(stack, uplink).running() as site:
        yield site


@pytest.fixture
def sender(home_site: Site, uplink: Uplink, browser: Browser) -> Iterator[Page]:
    share_storage().setup([home_site.url])
    uplink.rate = RATE
    yield from signed_in_page(browser, home_site.url)


def begin(page: Page, uplink: Uplink, path: Path) -> tuple[str, list[Request], int]:
    """Send until some parts have arrived and others are on their way. Returns also the bytes transferred before."""
    digest = random_file(path, SIZE)
    parts, bytes_before = collect_stored_parts(page), uplink.transferred_bytes
    choose(page, path)
    wait_until(page, lambda: len(parts) >= 2)
    first_bytes = uplink.transferred_bytes
    wait_until(page, lambda: uplink.transferred_bytes > first_bytes + MIB)
    return digest, parts, bytes_before


def end(page: Page, uplink: Uplink, bytes_before: int) -> int:
    """Finish without a rate limit; returns the bytes that were sent a second time."""
    uplink.rate = None
    expect_state(page, "done")
    resent_bytes = uplink.transferred_bytes - bytes_before - SIZE
    print(f"\n{MBIT:g} Mbit/s: {resent_bytes:,} bytes sent again, {resent_bytes / RATE:.1f} s of the connection")
    return resent_bytes


def test_a_pause_sends_nothing_twice(sender: Page, home_site: Site, uplink: Uplink, tmp_path: Path) -> None:
    digest, parts, bytes_before = begin(sender, uplink, tmp_path / "a.bin")
    sender.get_by_role("button", name="Pause", exact=True).click()
    expect_state(sender, "pausing")
    expect(sender.get_by_role("button", name="Stop now", exact=True)).to_be_visible()
    expect_state(sender, "paused")
    part_count = len(parts)
    carried_bytes = uplink.transferred_bytes
    sender.wait_for_timeout(300)
    assert (len(parts), uplink.transferred_bytes) == (part_count, carried_bytes)
    sender.get_by_role("button", name="Resume", exact=True).click()
    assert end(sender, uplink, bytes_before) == 0
    assert fetch_page_files(sender, home_site) == {"a.bin": digest}


@pytest.mark.long
def test_an_interruption_costs_seconds_and_the_page_reports_it(
    sender: Page, home_site: Site, uplink: Uplink, tmp_path: Path
) -> None:
    digest, _, bytes_before = begin(sender, uplink, tmp_path / "a.bin")
    uplink.cut()
    expect(sender.locator("[data-part=total-text]")).to_contain_text("was cut off and is being sent again")
    assert 0 < end(sender, uplink, bytes_before) <= CUT_SECONDS * RATE
    assert fetch_page_files(sender, home_site) == {"a.bin": digest}


def test_a_reload_costs_seconds_of_the_connection(
    sender: Page, home_site: Site, uplink: Uplink, tmp_path: Path
) -> None:
    digest, _, bytes_before = begin(sender, uplink, tmp_path / "a.bin")
    sender.evaluate(LEAVE)
    sender.reload()
    sender.locator("[data-part=offer-go]").click()
    choose(sender, tmp_path / "a.bin")
    assert 0 < end(sender, uplink, bytes_before) <= CUT_SECONDS * RATE
    assert fetch_page_files(sender, home_site) == {"a.bin": digest}
