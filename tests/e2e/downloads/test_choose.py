"""Some of the files: selected one by one, by the folder or all at once, with and without JavaScript."""

import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from tests.e2e.site import Site

SOUTH, REPORT, TWIN = "Plans/Level 2/south.dwg", "Plans/Level 2/report.pdf", "Plans/Level 2/report (2).pdf"


@pytest.fixture
def visit(browser: Browser, site: Site, scenarios: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """The share of folders, in a browser of its own."""
    contexts: list[BrowserContext] = []

    def visit(query: str = "", **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site.url, accept_downloads=True, **options))
        page = contexts[-1].new_page()
        page.goto(f"/share/{scenarios['folders']}{query}")
        return page

    yield visit
    for context in contexts:
        context.close()


def tick(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(f"Select {name}", exact=True).check()


def download_by_button(page: Page, button: str) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return download.value


def names(download: Download) -> set[str]:
    archive = zipfile.ZipFile(download.path())
    assert archive.testzip() is None
    return set(archive.namelist())


def test_what_is_ticked_is_counted_and_comes_as_one_zip(visit: Callable[..., Page]) -> None:
    page = visit()
    selection = page.locator("[data-chosen]")
    all_button = page.get_by_role("button", name="Download all")
    expect(all_button).to_be_visible()
    tick(page, "south.dwg")
    expect(selection).to_have_text("1 of 11 selected, 91 kB")
    expect(all_button).to_be_hidden()
    tick(page, "report (2).pdf")
    expect(selection).to_have_text("2 of 11 selected, 209 kB")
    download = download_by_button(page, "Download selected")
    assert "/archive/" in download.url
    assert names(download) == {SOUTH, TWIN}


def test_a_folder_or_everything_is_ticked_at_once(visit: Callable[..., Page]) -> None:
    page = visit()
    selection = page.locator("[data-chosen]")
    photos = page.get_by_label("Select all of Photos")
    photos.check()
    expect(selection).to_have_text("5 of 11 selected, 872 kB")
    expect(page.get_by_label("Select all of Pier at night")).to_be_checked()
    page.get_by_label("Select IMG_2.jpg").uncheck()
    expect(photos).to_be_checked(indeterminate=True)
    page.get_by_label("Select all files").check()
    expect(selection).to_contain_text("11 of 11 selected")
    page.get_by_label("Select all files").uncheck()
    expect(page.get_by_role("button", name="Download all")).to_be_visible()


def test_one_that_is_ticked_comes_as_it_is(visit: Callable[..., Page]) -> None:
    page = visit()
    tick(page, "Budget.xlsx")
    assert download_by_button(page, "Download selected").suggested_filename == "Budget.xlsx"


def test_enter_on_a_tick_downloads_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108 - Playwright marks its handlers
    page.get_by_label("Select Budget.xlsx").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(page.locator("[data-chosen]")).to_contain_text("1 of 11")
    # A download started by Enter would have come before the one that is requested now.
    with page.expect_download() as next_download:
        page.get_by_role("button", name="Download selected").click()
    next_download.value.path()
    assert [download.suggested_filename for download in downloads] == ["Budget.xlsx"]


def test_without_javascript_ticks_folders_and_order_work_as_well(visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_role("link", name="Size").click()
    assert page.locator(".folder").first.locator(".file-name").first.inner_text() == "Photos"
    chosen_button = page.get_by_role("button", name="Download selected")
    expect(chosen_button).to_be_hidden()
    tick(page, "report.pdf", "report (2).pdf")
    expect(page.get_by_role("button", name="Download all")).to_be_hidden()
    assert names(download_by_button(page, "Download selected")) == {REPORT, TWIN}
    page.locator("summary", has_text="Photos").click()
    expect(page.get_by_label("Select IMG_1.jpg")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report (2).pdf").click()
    assert download.value.suggested_filename == "report (2).pdf"
    assert download.value.path().stat().st_size == 118_000
