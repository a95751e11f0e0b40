"""The Content-Security-Policy in a real browser: no page of the site or its administration violates it."""

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.accessibility import wait_ready
from tests.e2e.site import Site

EMAIL, PASSWORD = "admin@example.com", secrets.token_urlsafe(16)
ACCOUNT = f"""
from shares.models import User
User.objects.create_superuser({EMAIL!r}, {PASSWORD!r})
"""
PAGES = [
    "/",
    "/shares/",
    "/account/",
    "/api/v1/docs",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/admin/",
    "/admin/shares/share/",
    "/admin/shares/share/add/",
    "/admin/shares/event/",
    "/admin/shares/user/",
    "/admin/shares/user/add/",
    "/admin/auth/group/add/",
]


class PageMonitor:
    """A page and every complaint of the browser about it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complain("error", str(error)))

    def complain(self, kind: str, text: str) -> None:
        if kind == "error" or "Content Security Policy" in text:
            self.complaints.append(f"{self.page.url}: {text}")


@pytest.fixture(scope="module")
def monitor(site: Site, browser: Browser) -> Iterator[PageMonitor]:
    site.execute(ACCOUNT)
    page_monitor = PageMonitor(browser.new_page())
    page_monitor.page.goto(f"{site.url}/admin/login/?next=/admin/")
    page_monitor.page.fill("input[name=login]", EMAIL)
    page_monitor.page.fill("input[name=password]", PASSWORD)
    page_monitor.page.press("input[name=password]", "Enter")
    page_monitor.page.wait_for_url("**/admin/")
    yield page_monitor
    page_monitor.page.close()


@pytest.mark.parametrize("path", PAGES)
def test_no_page_trips_over_the_policy(site: Site, monitor: PageMonitor, path: str) -> None:
    monitor.complaints.clear()
    response = monitor.page.goto(f"{site.url}{path}")
    wait_ready(monitor.page)
    assert response is not None
    assert response.status in {200, 403}, path
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert [text for text in monitor.complaints if "403 (Forbidden)" not in text] == []


def test_the_scripts_and_styles_of_the_administration_work(site: Site, monitor: PageMonitor) -> None:
    monitor.page.goto(f"{site.url}/admin/auth/group/add/")
    # The two boxes for permissions are built by a script, the sidebar's width comes from a style sheet.
    expect(monitor.page.locator(".selector-chosen")).to_have_count(1)
    assert monitor.page.locator(".selector-available option").count() > 10
    assert monitor.page.evaluate("getComputedStyle(document.querySelector('#header')).display") == "flex"


def test_what_the_policy_forbids_is_stopped(site: Site, monitor: PageMonitor) -> None:
    """Proof that the browser enforces it, so that silence on the pages above means something."""
    monitor.page.goto(f"{site.url}/account/")
    monitor.complaints.clear()
    ran = monitor.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.head.append(script);
            document.body.setAttribute("style", "color: red");
            return window.ran === true;
        }"""
    )
    assert ran is False
    assert len(monitor.complaints) >= 1


def test_a_second_factor_can_be_set_up(site: Site, monitor: PageMonitor) -> None:
    monitor.page.goto(f"{site.url}/accounts/2fa/totp/activate/")
    if "reauthenticate" in monitor.page.url:
        monitor.page.fill("input[name=password]", PASSWORD)
        monitor.page.press("input[name=password]", "Enter")
        monitor.page.wait_for_url("**/2fa/totp/activate/**")
    monitor.complaints.clear()
    monitor.page.reload()
    picture = monitor.page.locator("img[src^='data:image/svg+xml']")
    assert picture.count() == 1
    assert picture.evaluate("image => image.naturalWidth") > 50
    assert monitor.complaints == []


def test_the_storage_doctor_sends_and_downloads_from_the_browser(site: Site, monitor: PageMonitor) -> None:
    page = monitor.page
    page.goto(f"{site.url}/admin/storage/")
    expect(page.locator("#browser-findings")).to_have_count(0)
    monitor.complaints.clear()
    page.get_by_role("button", name="Examine the storage").click()
    findings = page.locator("#browser-findings[aria-busy=false] li")
    expect(findings).to_have_text(
        [
            "This browser can send a file, after a CORS preflight request.",
            "This browser can download a file.",
            "This browser can continue a download in the middle of a file.",
            "The test file is deleted.",
        ]
    )
    expect(page.locator("#content-main ul[lang=en] li").first).to_have_text("credentials found; they carry no end")
    assert monitor.complaints == []
    # The same script again, where the browser refuses what CORS rules do not allow.
    page.route(
        "**/doctor/browser-*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
    )
    page.evaluate("import(`${document.querySelector('script[src*=storage-doctor]').src}?again`)")
    expect(findings).to_have_count(6)
    expect(findings.nth(4)).to_have_class("error")
    expect(findings.nth(4)).to_contain_text(f"do not let pages at {site.url} do this")
    expect(findings.nth(4)).to_contain_text("manage.py storage setup")
