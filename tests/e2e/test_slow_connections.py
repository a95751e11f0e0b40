"""What a pause, a cut and a reload cost on a slow line: nothing, and at most some 20 s of it.

``UPLINK_MBIT`` sets the line; the suite has a quick one. By hand also 2 and 10, as docs/testing.md says.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from shares.storage import share_storage
from tests.e2e.conftest import opened
from tests.e2e.proxies.uplink import Uplink
from tests.e2e.site import Site
from tests.e2e.upload_page import LEAVE, choose, expect_state, random_file, received, stored_parts, wait_until
from tests.stack import Stack

MIB = 1024 * 1024
MBIT = float(os.environ.get("UPLINK_MBIT", "32"))
RATE = MBIT * 1e6 / 8
# A part of the smallest size that S3 takes is 21 s of 2 Mbit/s.
CUT_SECONDS = 21.5
# Enough of it is left when a busy machine comes to press a button.
SIZE = 80 * MIB


class AtHome(Site):
    """Its sender reaches the storage over the line. Parts are as long as the setting has them by default."""

    def __init__(self, stack: Stack, line: Uplink) -> None:
        super().__init__(stack, "at-home")
        self.environment |= {"S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{line.port}", "PART_BYTES": "16M"}


@pytest.fixture(scope="module")
def line(stack: Stack) -> Iterator[Uplink]:
    stack.need(stack.storage)
    line = Uplink(stack.storage.ports["s3"], rate=RATE)
    yield line
    line.close()


@pytest.fixture(scope="module")
def home(stack: Stack, line: Uplink) -> Iterator[Site]:
    with AtHome(stack, line).running() as site:
        yield site


@pytest.fixture
def sender(home: Site, line: Uplink, browser: Browser) -> Iterator[Page]:
    share_storage().setup([home.url])
    line.rate = RATE
    yield from opened(browser, home.url)


def begin(page: Page, line: Uplink, path: Path) -> tuple[str, list[Request], int]:
    """Send until some parts have arrived and others are on their way. What was carried before counts for nothing."""
    digest = random_file(path, SIZE)
    parts, before = stored_parts(page), line.carried
    choose(page, path)
    wait_until(page, lambda: len(parts) >= 2)
    mark = line.carried
    wait_until(page, lambda: line.carried > mark + MIB)
    return digest, parts, before


def end(page: Page, line: Uplink, before: int) -> int:
    """Let the rest go quickly; how many bytes went over the line a second time."""
    line.rate = None
    expect_state(page, "done")
    resent_bytes = line.carried - before - SIZE
    print(f"\n{MBIT:g} Mbit/s: {resent_bytes:,} bytes sent again, {resent_bytes / RATE:.1f} s of line")
    return resent_bytes


def test_a_pause_sends_nothing_twice(sender: Page, home: Site, line: Uplink, tmp_path: Path) -> None:
    digest, parts, before = begin(sender, line, tmp_path / "a.bin")
    sender.get_by_role("button", name="Pause", exact=True).click()
    expect_state(sender, "pausing")
    expect(sender.get_by_role("button", name="Stop now", exact=True)).to_be_visible()
    expect_state(sender, "paused")
    part_count = len(parts)
    carried_bytes = line.carried
    sender.wait_for_timeout(300)
    assert (len(parts), line.carried) == (part_count, carried_bytes)
    sender.get_by_role("button", name="Go on", exact=True).click()
    assert end(sender, line, before) == 0
    assert received(sender, home) == {"a.bin": digest}


@pytest.mark.long
def test_a_cut_costs_seconds_of_line_and_the_bar_says_so(
    sender: Page, home: Site, line: Uplink, tmp_path: Path
) -> None:
    digest, _, before = begin(sender, line, tmp_path / "a.bin")
    line.cut()
    expect(sender.locator("[data-part=total-text]")).to_contain_text("was cut off and is being sent again")
    assert 0 < end(sender, line, before) <= CUT_SECONDS * RATE
    assert received(sender, home) == {"a.bin": digest}


def test_a_reload_costs_seconds_of_line(sender: Page, home: Site, line: Uplink, tmp_path: Path) -> None:
    digest, _, before = begin(sender, line, tmp_path / "a.bin")
    sender.evaluate(LEAVE)
    sender.reload()
    sender.locator("[data-part=offer-go]").click()
    choose(sender, tmp_path / "a.bin")
    assert 0 < end(sender, line, before) <= CUT_SECONDS * RATE
    assert received(sender, home) == {"a.bin": digest}
