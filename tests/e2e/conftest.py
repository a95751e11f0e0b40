"""A running site and a real browser. No model is imported here: this file is read before Django is set up."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from shares.storage import share_storage
from tests.e2e.site import EMAIL, LAN_HOST, PASSWORD, Site
from tests.stack import Stack

# Patience for machines that do much besides; what comes sooner is not waited for.
expect.set_options(timeout=20_000)

# The same engine without its window: a new context costs a quarter. Windows, saved files and crashes want the whole.
HEADLESS = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # Names that browsers trust no more than any other plain http: of the tests' site, and of an embedded stack.
    f"--host-resolver-rules=MAP {LAN_HOST} 127.0.0.1, MAP box.test 127.0.0.2",
]  # fmt: skip


@pytest.fixture(scope="session")
def site(stack: Stack) -> Iterator[Site]:
    stack.need(stack.storage)
    site = Site(stack)
    with site.running(site.lan_url):
        yield site


@pytest.fixture(scope="session")
def scenarios(site: Site) -> dict[str, str]:
    code = "from tests.e2e.scenarios import stage; stage()"
    share_ids: dict[str, str] = json.loads(site.execute(code).splitlines()[-1])
    return share_ids


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=HEADLESS, args=FLAGS)
        yield browser
        browser.close()


def fill_in_login(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button[type=submit], main form button:not([type])")
    page.wait_for_selector("upload-app")


# A password is slow to check, on purpose: the session of the first sign-in at an address is used by all others.
SESSIONS: dict[str, list[Any]] = {}


def sign_in(page: Page, url: str) -> None:
    """The start page of the owner."""
    if url in SESSIONS:
        page.context.add_cookies(SESSIONS[url])
        page.goto(url)
        page.wait_for_selector("upload-app")
    else:
        fill_in_login(page, url)
        SESSIONS[url] = [*page.context.cookies(url)]


def opened(browser: Browser, url: str) -> Iterator[Page]:
    """The start page, signed in; any error in the page's scripts fails the test."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in(page, url)
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(autouse=True)
def _let_in(request: pytest.FixtureRequest) -> None:
    """Storage lets the pages of the shared site in, whichever other site had it to itself before."""
    if "site" in request.fixturenames:
        site: Site = request.getfixturevalue("site")
        share_storage().setup([site.url, site.lan_url])


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    yield from opened(browser, site.url)


@pytest.fixture
def lan_page(site: Site, browser: Browser) -> Iterator[Page]:
    """The same from another machine of the local network: plain http under a name, so no WebCrypto."""
    yield from opened(browser, site.lan_url)
