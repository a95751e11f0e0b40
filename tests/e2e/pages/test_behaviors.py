"""What scripts add to the pages, each with and without them; and all files as one ZIP over a real connection."""

import http.client
import io
import re
import zipfile
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.accessibility import wait_ready
from tests.e2e.pages.test_pages import sign_in
from tests.e2e.site import EMAIL, PASSWORD, Site

Scenarios = dict[str, str]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Callable[..., Page]:
    def visit(**options: object) -> Page:
        return browser.new_context(base_url=site.url, **options).new_page()  # type: ignore[arg-type]

    return visit


def opened(visit: Callable[..., Page], share_id: str) -> int:
    page = visit()
    sign_in(page)
    page.goto(f"/shares/{share_id}/")
    return int(page.locator(".numbers strong").first.inner_text())


def test_the_link_is_copied_and_the_button_confirms_it(
    visit: Callable[..., Page], scenarios: Scenarios, site: Site
) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    sign_in(page)
    page.goto(f"/shares/{scenarios['open']}/")
    page.click("copy-button button")
    expect(page.locator("copy-button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/share/{scenarios['open']}"
    expect(page.locator("copy-button")).to_have_text("Copy")


def test_times_are_the_reader_s_own(visit: Callable[..., Page], scenarios: Scenarios) -> None:
    page = visit(timezone_id="Asia/Tokyo")
    sign_in(page)
    page.goto(f"/shares/{scenarios['single']}/")
    expiry = page.locator(".link-main time")
    utc = str(expiry.get_attribute("datetime"))
    hour = (int(utc[11:13]) + 9) % 24
    expect(expiry).to_have_text(re.compile(rf"in \d+ days \(\w{{3}} \d+ \w{{3}}, {hour:02}:{utc[14:16]}\)"))
    page.select_option("[name=expires_in]", "own")
    page.fill("[name=expires_at]", f"{int(utc[:4])}-12-31T10:30")
    page.click("#settings .button-main")
    expect(page.locator(".link-main time")).to_have_attribute("datetime", f"{utc[:4]}-12-31T01:30:00Z")
    plain = visit(java_script_enabled=False)
    plain.goto(f"/share/{scenarios['open']}")
    assert re.search(r"[0-9]+ (hours|min) left", plain.inner_text("main"))


def test_the_theme_is_kept_and_the_server_writes_it(visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="light")
    page.goto("/")
    page.select_option("theme-switch select", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 20, 22)")
    response = page.reload()
    assert response is not None
    assert 'data-theme="dark"' in response.text()
    expect(page.locator("theme-switch select")).to_have_value("dark")
    page.select_option("theme-switch select", "")
    response = page.reload()
    assert response is not None
    assert "data-theme=" not in response.text().partition("<body>")[0]


def test_a_person_opens_once_and_a_page_without_a_script_never(
    visit: Callable[..., Page], scenarios: Scenarios
) -> None:
    before = opened(visit, scenarios["many"])
    page = visit()
    with page.expect_response("**/opened") as response:
        page.goto(f"/share/{scenarios['many']}")
    assert response.value.status == 204
    later_requests: list[str] = []
    page.on("request", lambda request: later_requests.append(request.url) if request.url.endswith("/opened") else None)
    page.reload()
    wait_ready(page)
    page.evaluate(
        "() => fetch('/healthz').then((answer) => answer.text())"
    )  # later than the first requests of the page
    assert later_requests == []
    plain = visit(java_script_enabled=False)
    plain.goto(f"/share/{scenarios['many']}")
    assert opened(visit, scenarios["many"]) == before + 1


def test_choosing_shares_opens_what_can_be_done_with_them(visit: Callable[..., Page], scenarios: Scenarios) -> None:
    page = visit()
    sign_in(page)
    page.goto("/shares/?q=photos")
    expect(page.locator("button[value=extend]")).to_be_hidden()
    page.check("[name=ids]")
    page.click("button[value=extend]")
    expect(page.locator(".notice-good")).to_have_text("1 share extended.")


def test_one_zip_of_everything_without_a_script(visit: Callable[..., Page], scenarios: Scenarios) -> None:
    page = visit(java_script_enabled=False)
    page.goto(f"/share/{scenarios['long']}")
    with page.expect_download() as download:
        page.click("[data-all] .button-big")
    assert download.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        assert archive.testzip() is None
        assert [info.file_size for info in archive.infolist()] == [2000, 10, 0]


def test_a_browser_that_disconnects_releases_its_permit(
    visit: Callable[..., Page], scenarios: Scenarios, site: Site
) -> None:
    page = visit()
    page.goto(f"/share/{scenarios['big']}")
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    cookies = "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in page.context.cookies())
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}

    def request_archive() -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        line = http.client.HTTPConnection(str(urlsplit(site.url).hostname), site.port, timeout=30)
        line.request("POST", f"/share/{scenarios['big']}/download", f"csrfmiddlewaretoken={token}", headers)
        return line, line.getresponse()

    for _ in range(6):
        line, response = request_archive()
        assert response.status in {200, 503}
        response.read(1000)
        line.close()
    for _ in range(50):
        line, response = request_archive()
        if response.status == 200:
            break
        line.close()
        page.wait_for_timeout(200)
    assert len(response.read()) == int(str(response.headers["Content-Length"]))
    line.close()


def test_signing_in_needs_no_script(visit: Callable[..., Page]) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/accounts/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    expect(page.locator("main")).to_contain_text("Drop files here")
