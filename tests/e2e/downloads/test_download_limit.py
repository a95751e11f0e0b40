"""A share with one download, in real browsers: whatever one browser does takes one, and no other gets in."""

import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, Route

from tests.e2e.clients.curl_wget import SentShare, put
from tests.e2e.site import Site
from tests.e2e.upload_page import wait_until

SIZE = 70_000


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def recipient(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(accept_downloads=True, java_script_enabled=request.param)
    yield context
    context.close()


def tab(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    return page


def download_by_button(page: Page, name: str, **options: Any) -> Download:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click(**options)
    download.value.path()
    return download.value


def looked_at_by_machines(browser: Browser, share: SentShare) -> None:
    """A mail scanner with a real browser, and the previews of chats."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(share.link)
    for path in ("", "/download", "/archive", f"/files/{share.files[0]}/download", f"/files/{share.files[0]}/content"):
        for method in ("GET", "HEAD", "OPTIONS"):
            response = context.request.fetch(f"{share.link}{path}", method=method, max_redirects=0)
            assert response.status in {200, 403, 405, 410}, (method, path, response.status)
    context.close()


def is_refused(browser: Browser, share: SentShare) -> bool:
    context = browser.new_context()
    response = context.new_page().goto(share.link)
    context.close()
    return response is not None and response.status == 410


def test_tabs_a_retry_a_resume_and_a_zip_are_one_download(
    site: Site, browser: Browser, recipient: BrowserContext
) -> None:
    share = put(site, ("one.bin", SIZE), ("two.bin", SIZE), max_downloads=1)
    first_tab, second_tab = tab(recipient, share.link), tab(recipient, share.link)
    looked_at_by_machines(browser, share)
    assert share.counts() == (0, 0, 0)
    assert download_by_button(first_tab, "Download one.bin").path().stat().st_size == SIZE
    assert download_by_button(second_tab, "Download two.bin").path().stat().st_size == SIZE
    assert download_by_button(first_tab, "Download one.bin").path().stat().st_size == SIZE
    response = recipient.request.get(
        f"{share.link}/files/{share.files[0]}/content", headers={"Range": f"bytes={SIZE - 9}-"}
    )
    assert (response.status, len(response.body())) == (206, 9)
    archive = zipfile.ZipFile(download_by_button(second_tab, "Download all").path())
    assert [entry.file_size for entry in archive.infolist()] == [SIZE, SIZE]
    looked_at_by_machines(browser, share)
    assert is_refused(browser, share)
    assert share.counts()[:2] == (1, 1)


def test_two_tabs_that_download_at_the_same_moment_both_get_it(
    site: Site, browser: Browser, recipient: BrowserContext
) -> None:
    share = put(site, ("one.bin", SIZE), max_downloads=1)
    tabs = [tab(recipient, share.link) for _ in range(2)]
    routes: list[Route] = []
    recipient.route("**/download", lambda route: routes.append(route))  # noqa: PLW0108 - Playwright marks its handlers
    for page in tabs:
        page.get_by_role("button", name="Download").click(no_wait_after=True)
    wait_until(tabs[0], lambda: len(routes) == 2)
    with tabs[0].expect_download() as first, tabs[1].expect_download() as second:
        for route in routes:
            route.continue_()
    for download in (first, second):
        assert download.value.path().stat().st_size == SIZE
    assert share.counts()[:2] == (1, 1)
    assert is_refused(browser, share)


def test_a_double_click_is_one_download(site: Site, browser: Browser, recipient: BrowserContext) -> None:
    share = put(site, ("one.bin", SIZE), max_downloads=1)
    page = tab(recipient, share.link)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").dblclick(no_wait_after=True)
    assert download.value.path().stat().st_size == SIZE
    assert page.get_by_text("used up").count() == 0
    # A response that never reached the browser: the download is taken, and the browser has no grant.
    recipient.clear_cookies(name="grant")
    page.goto(share.link)
    assert download_by_button(page, "Download").path().stat().st_size == SIZE
    assert share.counts()[:2] == (1, 1)
    assert is_refused(browser, share)
