"""The whole workflow: one user uploads, three download without JavaScript, the last comes too late. Another one uploads
without JavaScript.
"""

import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.e2e.site import Site
from tests.e2e.upload_page import drop, expect_state, link, random_file

KIB = 1024
PASSWORD = "open sesame"
SIZES = {"one.bin": 3000 * KIB, "two ü 😀.txt": 70, "empty": 0, "trip/a.jpg": 800 * KIB, "trip/day 1/b.jpg": 5}


def recipient(browser: Browser) -> Page:
    """A fresh browser without JavaScript."""
    return browser.new_context(java_script_enabled=False, accept_downloads=True).new_page()


def unlock(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="These files are protected")).to_be_visible()
    # Without a script there is no button that needs one.
    expect(page.get_by_role("button")).to_have_text(["Show files"])
    page.fill("input[name=password]", f"{PASSWORD} ")
    page.get_by_role("button", name="Show files").click()
    expect(page.get_by_role("heading", name="Holiday")).to_be_visible()


def fetch(page: Page, name: str) -> tuple[str, str]:
    """Press the button of one file; returns its SHA-256 and the URL in storage."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download {name}", exact=True).click()
    download = waiting.value
    assert download.suggested_filename == name
    return hashlib.sha256(Path(download.path()).read_bytes()).hexdigest(), download.url


def test_a_share_travels_from_drop_to_used_up(page: Page, site: Site, browser: Browser, tmp_path: Path) -> None:
    sums = {name: random_file(tmp_path / name, size) for name, size in SIZES.items()}
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "2")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=title]", "Holiday")
    drop(page, *(tmp_path / name for name in ("one.bin", "two ü 😀.txt", "empty", "trip")))
    address = link(page)
    expect_state(page, "done")

    first = recipient(browser)
    unlock(first, address)
    expect(first.locator(".facts")).to_contain_text("2 of 2 downloads left")
    for name, expected in sums.items():
        digest, url = fetch(first, name.rpartition("/")[2])
        assert digest == expected
        assert_signed(url)
    first.reload()
    expect(first.locator(".facts")).to_contain_text("1 of 2 downloads left")

    second = recipient(browser)
    unlock(second, address)
    assert fetch(second, "one.bin")[0] == sums["one.bin"]

    third = recipient(browser)
    response = third.goto(address)
    assert response is not None
    assert response.status == 410
    expect(third.get_by_role("heading", name="Download limit reached")).to_be_visible()

    # A browser with a grant may still retry.
    assert fetch(first, "two ü 😀.txt")[0] == sums["two ü 😀.txt"]


def assert_signed(url: str) -> None:
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert 1 <= int(query["X-Amz-Expires"][0]) <= 120
    assert re.match("attachment", query["response-content-disposition"][0])
    assert query["response-content-type"] == ["application/octet-stream"]


def test_a_file_travels_without_any_javascript(page: Page, site: Site, browser: Browser, tmp_path: Path) -> None:
    """By a form whose policy the storage enforces; what is too large by one byte is refused there."""
    sender = recipient(browser)
    sender.context.add_cookies([*page.context.cookies(site.url)])  # type: ignore[list-item]
    sender.goto(site.url)
    sender.get_by_role("link", name="send a small file").click()
    sender.fill("input[name=name]", "report ü.bin")
    sender.select_option("select[name=size]", label="Up to 10 MB")
    sender.get_by_role("button", name="Next: choose the file").click()
    expect(sender.get_by_role("heading", name="report ü.bin")).to_be_visible()
    random_file(tmp_path / "large.bin", 10_000_001)
    sender.set_input_files("input[type=file]", tmp_path / "large.bin")
    with sender.expect_response(lambda response: response.request.method == "POST") as refusal:
        sender.get_by_role("button", name="Send").click()
    assert (refusal.value.status, b"EntityTooLarge" in refusal.value.body()) == (400, True)
    sender.go_back()
    digest = random_file(tmp_path / "right.bin", 10_000_000)
    sender.set_input_files("input[type=file]", tmp_path / "right.bin")
    sender.get_by_role("button", name="Send").click()
    expect(sender.get_by_role("status")).to_contain_text("was uploaded. Its link works now.")
    address = sender.locator("#share-link").input_value()
    visitor = recipient(browser)
    visitor.goto(address)
    with visitor.expect_download() as waiting:
        visitor.get_by_role("button", name="Download, 10 MB").click()
    download = waiting.value
    assert download.suggested_filename == "report ü.bin"
    assert hashlib.sha256(Path(download.path()).read_bytes()).hexdigest() == digest
    assert_signed(download.url)
