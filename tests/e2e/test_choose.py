"""Some of the files: ticked one by one, by the folder or all at once, with and without JavaScript."""

import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from tests.e2e.site import Site

SOUTH, REPORT, TWIN = "Plans/Level 2/south.dwg", "Plans/Level 2/report.pdf", "Plans/Level 2/report (2).pdf"


@pytest.fixture
def visit(browser: Browser, site: Site, scenes: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """The share of folders, in a browser of its own."""
    contexts: list[BrowserContext] = []

    def visit(query: str = "", **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site.url, accept_downloads=True, **options))
        page = contexts[-1].new_page()
        page.goto(f"/share/{scenes['folders']}{query}")
        return page

    yield visit
    for context in contexts:
        context.close()


def tick(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_label(f"Choose {name}", exact=True).check()


def saved(page: Page, button: str) -> Download:
    with page.expect_download() as coming:
        page.get_by_role("button", name=button).click()
    return coming.value


def names(download: Download) -> set[str]:
    archive = zipfile.ZipFile(download.path())
    assert archive.testzip() is None
    return set(archive.namelist())


def test_what_is_ticked_is_counted_and_comes_as_one_zip(visit: Callable[..., Page]) -> None:
    page = visit()
    told = page.locator("[data-chosen]")
    everything = page.get_by_role("button", name="Download all")
    expect(everything).to_be_visible()
    tick(page, "south.dwg")
    expect(told).to_have_text("1 of 11 chosen, 91 kB")
    expect(everything).to_be_hidden()
    tick(page, "report (2).pdf")
    expect(told).to_have_text("2 of 11 chosen, 209 kB")
    got = saved(page, "Download the chosen files")
    assert "/archive/" in got.url
    assert names(got) == {SOUTH, TWIN}


def test_a_folder_or_everything_is_ticked_at_once(visit: Callable[..., Page]) -> None:
    page = visit()
    told = page.locator("[data-chosen]")
    photos = page.get_by_label("Choose all of Photos")
    photos.check()
    expect(told).to_have_text("5 of 11 chosen, 872 kB")
    expect(page.get_by_label("Choose all of Pier at night")).to_be_checked()
    page.get_by_label("Choose IMG_2.jpg").uncheck()
    expect(photos).to_be_checked(indeterminate=True)
    page.get_by_label("Choose all files").check()
    expect(told).to_contain_text("11 of 11 chosen")
    page.get_by_label("Choose all files").uncheck()
    expect(page.get_by_role("button", name="Download all")).to_be_visible()


def test_one_that_is_ticked_comes_as_it_is(visit: Callable[..., Page]) -> None:
    page = visit()
    tick(page, "Budget.xlsx")
    assert saved(page, "Download the chosen files").suggested_filename == "Budget.xlsx"


def test_enter_on_a_tick_downloads_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    begun: list[Download] = []
    page.on("download", lambda download: begun.append(download))  # noqa: PLW0108 - Playwright marks its handlers
    page.get_by_label("Choose Budget.xlsx").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(page.locator("[data-chosen]")).to_contain_text("1 of 11")
    # What Enter had begun would have come before what is asked for now.
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download the chosen files").click()
    coming.value.path()
    assert [download.suggested_filename for download in begun] == ["Budget.xlsx"]


def test_without_javascript_ticks_folders_and_order_work_as_well(visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_role("link", name="Size").click()
    assert page.locator(".folder").first.locator(".file-name").first.inner_text() == "Photos"
    chosen = page.get_by_role("button", name="Download the chosen files")
    expect(chosen).to_be_hidden()
    tick(page, "report.pdf", "report (2).pdf")
    expect(page.get_by_role("button", name="Download all")).to_be_hidden()
    assert names(saved(page, "Download the chosen files")) == {REPORT, TWIN}
    page.locator("summary", has_text="Photos").click()
    expect(page.get_by_label("Choose IMG_1.jpg")).to_be_hidden()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download report (2).pdf").click()
    assert coming.value.suggested_filename == "report (2).pdf"
    assert coming.value.path().stat().st_size == 118_000
