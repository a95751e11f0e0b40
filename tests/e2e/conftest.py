"""A running site and a real browser. No model is imported here: this file is read before Django is set up."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shares.storage import share_storage
from tests.e2e.browsers import CHROMIUM, FLAGS
from tests.e2e.site import EMAIL, PASSWORD, Site
from tests.stack import Stack


@pytest.fixture(scope="session")
def site(stack: Stack) -> Iterator[Site]:
    stack.need(stack.storage)
    site = Site(stack)
    site.set_up()
    site.start()
    yield site
    site.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """The start page, signed in; any error in the page's console fails the test."""
    share_storage().setup([site.url])
    page = browser.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    wrong: list[str] = []
    page.goto(f"{site.url}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit], main form button:not([type])")
    page.wait_for_selector("upload-app")
    yield page
    page.close()
    assert wrong == []
