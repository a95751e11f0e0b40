"""Everything as one ZIP, made by the recipient's own browser from what the storage sends it."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, Route, expect

from tests.e2e.sending import drop, expect_state, link, random_file, share
from tests.e2e.site import Site

MIB = 1024 * 1024
# What a button says from now on.
KEEP_WORDS = """(button) => {
  window.words = [];
  new MutationObserver(() => window.words.push(button.textContent)).observe(button, { childList: true });
}"""


@pytest.fixture
def recipient(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    yield context.new_page()
    context.close()


def sent(page: Page, *paths: Path) -> str:
    """The link to what was just sent."""
    drop(page, *paths)
    expect_state(page, "done")
    return link(page)


def download_all(page: Page) -> Download:
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download all").click()
    return coming.value


def test_the_browser_makes_the_archive_for_one_unit_and_the_server_sends_none_of_it(
    page: Page, site: Site, recipient: Page, tmp_path: Path
) -> None:
    names = {"one.bin": 6 * MIB, "zwei ü 😀.txt": 1000, "empty": 0, "trip/a.jpg": 17, "trip/day 1/b.jpg": 5}
    sums = {name: random_file(tmp_path / name, size) for name, size in names.items()}
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "1")
    url = sent(page, *(tmp_path / name for name in ("one.bin", "zwei ü 😀.txt", "empty", "trip")))
    recipient.goto(url)
    button = recipient.get_by_role("button", name="Download all")
    button.evaluate(KEEP_WORDS)
    got = download_all(recipient)
    assert got.url.startswith(f"{url}/archive/")
    expect(recipient.locator("[data-archive-progress] [role=status]")).to_have_text("Done. Your ZIP has been saved.")
    words = recipient.evaluate("words")
    assert all(re.fullmatch(r"Packing… \d+ % · Cancel", one) for one in words[:-1])
    assert words[0] == "Packing… 0 % · Cancel"
    assert words[-1].strip().startswith("Download all")
    archive = zipfile.ZipFile(got.path())
    assert archive.testzip() is None
    assert {one.filename: hashlib.sha256(archive.read(one)).hexdigest() for one in archive.infolist()} == sums
    assert share(page, site)["remaining"] == 0
    assert zipfile.ZipFile(download_all(recipient).path()).testzip() is None
    other = recipient.context.browser.new_page()  # type: ignore[union-attr]
    assert other.goto(url).status == 410  # type: ignore[union-attr]
    other.close()


def cancel_halfway(recipient: Page) -> None:
    """Of 70 MiB the first 5 are there; what was pressed says so, and cancels."""
    got = download_all(recipient)
    told, button = recipient.locator("[data-archive-progress]"), recipient.locator("[data-all] button")
    expect(button).to_have_text("Packing… 7 % · Cancel")
    expect(told).to_have_text("Leave this page open until it is done.")
    button.click()
    expect(button).to_contain_text("Download all")
    expect(told).to_have_text("Canceled. Nothing more is saved.")
    assert got.failure()


def test_a_share_that_ends_in_the_middle_breaks_the_archive_off_for_all_to_see(
    page: Page, recipient: Page, tmp_path: Path
) -> None:
    random_file(tmp_path / "a.bin", 5 * MIB)
    random_file(tmp_path / "b.bin", 65 * MIB)
    url = sent(page, tmp_path / "a.bin", tmp_path / "b.bin")
    asked: list[Route] = []
    held: list[Route] = []
    canceled = False

    def end(route: Route) -> None:
        """The second batch of links, for the second file, is asked for after the share was removed."""
        asked.append(route)
        if len(asked) == 1:
            route.continue_()
        elif not canceled:
            held.append(route)
        else:
            route.fulfill(status=410)

    recipient.context.route("**/archive/links", end)
    recipient.goto(url)
    cancel_halfway(recipient)
    for route in held:
        route.abort()
    asked.clear()
    canceled = True
    got = download_all(recipient)
    told = recipient.locator("[data-archive-progress]")
    expect(told).to_contain_text("not complete", timeout=30_000)
    expect(told).to_contain_text("The share ended")
    assert got.failure()
    # The next links are asked for early, which may fail unseen, and again when they are needed.
    assert len(asked) in {2, 3}


def test_a_browser_without_service_workers_gets_the_servers_archive(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    sums = {name: random_file(tmp_path / name, 1000) for name in ("a.bin", "b.bin")}
    url = sent(page, tmp_path / "a.bin", tmp_path / "b.bin")
    context = browser.new_context(service_workers="block")
    recipient = context.new_page()
    recipient.goto(url)
    got = download_all(recipient)
    assert got.url == f"{url}/download"
    archive = zipfile.ZipFile(got.path())
    assert {one.filename: hashlib.sha256(archive.read(one)).hexdigest() for one in archive.infolist()} == sums
    context.close()
