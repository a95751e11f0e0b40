"""Chromium with its own download manager: in Playwright's contexts, a download that breaks is canceled."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserType

# The list of chrome://downloads keeps each entry's state and its menu within shadow roots.
_NEWEST = "document.querySelector('downloads-manager').shadowRoot.querySelector('downloads-item').shadowRoot"


class ChromeDownloads:
    """The newest entry of chrome://downloads."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.contexts[0].new_page()
        self.page.goto("chrome://downloads")

    def expect_text(self, text: str) -> None:
        """Wait until the entry contains ``text``."""
        until(lambda: text in self.page.evaluate(f"{_NEWEST}.querySelector('#content').innerText"))

    def can_resume(self) -> bool:
        self.page.evaluate(f"{_NEWEST}.querySelector('#more-actions').click()")
        is_offered: bool = self.page.evaluate(f"!{_NEWEST}.querySelector('#pause-or-resume').hidden")
        return is_offered

    def resume(self) -> None:
        assert self.can_resume()
        self.page.evaluate(f"{_NEWEST}.querySelector('#pause-or-resume').click()")


@contextmanager
def chromium(kind: BrowserType, folder: Path, flags: list[str]) -> Iterator[Browser]:
    """A browser with its own profile that saves into ``folder / "saved"`` without asking."""
    (folder / "saved").mkdir()
    profile = folder / "profile" / "Default"
    profile.mkdir(parents=True)
    saving = {"default_directory": str(folder / "saved"), "prompt_for_download": False}
    (profile / "Preferences").write_text(json.dumps({"download": saving}))
    # The page of a new tab, which it opens by default, does not respond to one connection in a dozen.
    command = ["/usr/bin/chromium", "--headless=new", "--remote-debugging-port=0", *flags, "about:blank"]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen([*command, f"--user-data-dir={folder / 'profile'}"], stdout=log, stderr=log)
    try:
        port = _port(folder / "profile" / "DevToolsActivePort")
        browser = kind.connect_over_cdp(f"http://127.0.0.1:{port}", timeout=60_000)
        # By default Playwright handles every download, and cancels it at the first break.
        browser.new_browser_cdp_session().send("Browser.setDownloadBehavior", {"behavior": "default"})
        yield browser
        browser.close()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
            raise


def until(condition: Callable[[], bool], *, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def _port(file: Path) -> int:
    for _ in range(200):
        if file.exists() and "\n" in (text := file.read_text()):
            return int(text.splitlines()[0])
        time.sleep(0.1)
    raise AssertionError("Chromium did not start.")
