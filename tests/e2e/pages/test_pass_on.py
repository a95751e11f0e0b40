"""Passing a link on, in a browser: copied, or shared by the platform's own dialog where there is one."""

from playwright.sync_api import Browser, expect

from tests.e2e.clients.curl_wget import put
from tests.e2e.site import Site

SHEET = """
window.given = [];
navigator.canShare = () => true;
navigator.share = (what) => {
  window.given.push(what);
  return Promise.reject(new DOMException("closed", "AbortError"));
};
"""


def test_the_link_is_copied_drawn_and_shared(site: Site, browser: Browser) -> None:
    share = put(site, ("a.bin", 10), title="Plans")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(share.link)
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_text("Share this link").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("copy-button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == share.link
    expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    expect(page.get_by_role("button", name="Share…")).to_be_hidden()
    page.add_init_script(SHEET)
    page.reload()
    page.get_by_text("Share this link").click()
    page.get_by_role("button", name="Share…").click()
    assert page.evaluate("given") == [{"url": share.link, "title": "Plans"}]
    assert wrong == []
    context.close()
