"""All files as one ZIP, created by the recipient's own browser from what the storage sends it."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, Route, expect

from tests.e2e.site import Site
from tests.e2e.upload_page import drop, expect_state, link, random_file, share

MIB = 1024 * 1024
# The texts of a button from now on.
KEEP_TEXTS = """(button) => {
  window.words = [];
  new MutationObserver(() => window.words.push(button.textContent)).observe(button, { childList: true });
}"""


@pytest.fixture
def recipient(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    yield context.new_page()
    context.close()


def send_files(page: Page, *paths: Path) -> str:
    """The link to what was just sent."""
    drop(page, *paths)
    expect_state(page, "done")
    return link(page)


def download_all(page: Page) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    return download.value


def test_the_browser_makes_the_archive_for_one_download_and_the_server_sends_none_of_it(
    page: Page, site: Site, recipient: Page, tmp_path: Path
) -> None:
    names = {"one.bin": 6 * MIB, "zwei ü 😀.txt": 1000, "empty": 0, "trip/a.jpg": 17, "trip/day 1/b.jpg": 5}
    sums = {name: random_file(tmp_path / name, size) for name, size in names.items()}
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "1")
    url = send_files(page, *(tmp_path / name for name in ("one.bin", "zwei ü 😀.txt", "empty", "trip")))
    recipient.goto(url)
    button = recipient.get_by_role("button", name="Download all")
    button.evaluate(KEEP_TEXTS)
    download = download_all(recipient)
    assert download.url.startswith(f"{url}/archive/")
    expect(recipient.locator("[data-archive-progress] [role=status]")).to_have_text("Done. Your ZIP has been saved.")
    texts = recipient.evaluate("words")
    assert all(re.fullmatch(r"Packing… \d+% · Cancel", text) for text in texts[:-1])
    assert texts[0] == "Packing… 0% · Cancel"
    assert texts[-1].strip().startswith("Download all")
    archive = zipfile.ZipFile(download.path())
    assert archive.testzip() is None
    assert {info.filename: hashlib.sha256(archive.read(info)).hexdigest() for info in archive.infolist()} == sums
    assert share(page, site)["remaining"] == 0
    assert zipfile.ZipFile(download_all(recipient).path()).testzip() is None
    other_page = recipient.context.browser.new_page()  # type: ignore[union-attr]
    assert other_page.goto(url).status == 410  # type: ignore[union-attr]
    other_page.close()


class Links:
    """Lets the first batch of links pass and holds back those after it; refuses them once the share has ended."""

    def __init__(self) -> None:
        self.count = 0
        self.routes: list[Route] = []
        self.has_ended = False

    def respond(self, route: Route) -> None:
        self.count += 1
        if self.count == 1:
            route.continue_()
        elif self.has_ended:
            route.fulfill(status=410)
        else:
            self.routes.append(route)

    def end(self) -> None:
        for route in self.routes:
            route.abort()
        self.count, self.has_ended = 0, True


def test_a_share_that_ends_in_the_middle_breaks_the_archive_off_for_all_to_see(
    page: Page, recipient: Page, tmp_path: Path
) -> None:
    random_file(tmp_path / "a.bin", 5 * MIB)
    random_file(tmp_path / "b.bin", 65 * MIB)
    url = send_files(page, tmp_path / "a.bin", tmp_path / "b.bin")
    links = Links()
    recipient.context.route("**/archive/links", links.respond)
    recipient.goto(url)
    download = download_all(recipient)
    progress = recipient.locator("[data-archive-progress]")
    button = recipient.locator("[data-all] button")
    # The first 5 of 70 MiB are there; the button shows it, and cancels.
    expect(button).to_have_text("Packing… 7% · Cancel")
    expect(progress).to_have_text("Leave this page open until it is done.")
    button.click()
    expect(button).to_contain_text("Download all")
    expect(progress).to_have_text("Canceled. Nothing more is saved.")
    assert download.failure()
    links.end()
    download = download_all(recipient)
    expect(progress).to_contain_text("incomplete", timeout=30_000)
    expect(progress).to_contain_text("The share ended")
    assert download.failure()
    # The next links are requested early, which may fail unnoticed, and again when they are needed.
    assert links.count in {2, 3}


def test_a_browser_without_service_workers_gets_the_servers_archive(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    sums = {name: random_file(tmp_path / name, 1000) for name in ("a.bin", "b.bin")}
    url = send_files(page, tmp_path / "a.bin", tmp_path / "b.bin")
    context = browser.new_context(service_workers="block")
    recipient = context.new_page()
    recipient.goto(url)
    download = download_all(recipient)
    assert download.url == f"{url}/download"
    archive = zipfile.ZipFile(download.path())
    assert {info.filename: hashlib.sha256(archive.read(info)).hexdigest() for info in archive.infolist()} == sums
    context.close()
