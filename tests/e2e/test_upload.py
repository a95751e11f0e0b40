"""Sending files in a real browser, into real storage."""

from pathlib import Path

from playwright.sync_api import Page, expect


def test_smoke(page: Page, tmp_path: Path) -> None:
    page.on("console", lambda message: print("CONSOLE", message.text))
    page.on("requestfailed", lambda request: print("FAILED", request.url, request.failure))
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text(name * 100)
    page.set_input_files("[data-part=files]", [str(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt")])
    page.wait_for_timeout(4000)
    page.screenshot(path="/tmp/uploader-shot.png", full_page=True)
    print(page.inner_text("upload-app"))
    expect(page.locator("upload-app")).to_have_attribute("data-state", "done")
