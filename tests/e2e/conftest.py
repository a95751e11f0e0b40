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

# Long enough for a busy machine.
expect.set_options(timeout=20_000)

# The same engine without a window: a new context takes a quarter of the time. Tests of windows, saved files and crashes
# need the full browser.
HEADLESS = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # Host names of the tests' site and of an embedded stack: plain http on them is no secure context.
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
    """Open the start page as the owner."""
    if url in SESSIONS:
        page.context.add_cookies(SESSIONS[url])
        page.goto(url)
        page.wait_for_selector("upload-app")
    else:
        fill_in_login(page, url)
        SESSIONS[url] = [*page.context.cookies(url)]


def signed_in_page(browser: Browser, url: str) -> Iterator[Page]:
    """The start page, signed in; an error in the page's scripts fails the test."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in(page, url)
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(autouse=True)
def _allow_site_origin(request: pytest.FixtureRequest) -> None:
    """Set the CORS rules of storage to the shared site; the test before may have set them to another site."""
    if "site" in request.fixturenames:
        site: Site = request.getfixturevalue("site")
        share_storage().setup([site.url, site.lan_url])


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    yield from signed_in_page(browser, site.url)


@pytest.fixture
def lan_page(site: Site, browser: Browser) -> Iterator[Page]:
    """The same page from another machine of the local network: plain http under a host name, so no WebCrypto."""
    yield from signed_in_page(browser, site.lan_url)
