"""A browser window that takes screenshots of the site."""

import base64
from pathlib import Path
from typing import Literal, Self

from playwright.sync_api import Browser, Page

from tests.e2e.site import EMAIL, PASSWORD, Site

Variant = tuple[Literal["light", "dark"], tuple[int, int]]
PHONE, DESKTOP = (390, 844), (1280, 860)
VARIANTS: tuple[Variant, ...] = (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE))
MAX_HEIGHT = 1600
# Text stays sharp, and a screenshot takes about ten kilobytes.
QUALITY = 55


class ScreenshotWindow:
    def __init__(self, browser: Browser, site: Site, folder: Path, variant: Variant) -> None:
        scheme, (self.width, self.height) = variant
        self.name, self.folder = f"{scheme}-{self.width}", folder
        self.context = browser.new_context(
            base_url=site.url,
            viewport={"width": self.width, "height": self.height},
            color_scheme=scheme,
            locale="en-US",
            timezone_id="UTC",
        )
        self.page: Page = self.context.new_page()
        self.cdp_session = self.context.new_cdp_session(self.page)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.page.wait_for_load_state("networkidle")

    def capture(self, name: str, *, full: bool = False) -> None:
        """Write a WebP image, encoded by Chromium; ``full`` takes the whole page, up to ``MAX_HEIGHT``."""
        height = self.height
        if full:
            height = min(MAX_HEIGHT, max(height, int(self.page.evaluate("document.documentElement.scrollHeight"))))
            self.page.set_viewport_size({"width": self.width, "height": height})
        options = {"format": "webp", "quality": QUALITY}
        data = base64.b64decode(self.cdp_session.send("Page.captureScreenshot", options)["data"])
        (self.folder / f"{name}.webp").write_bytes(data)
        if full:
            self.page.set_viewport_size({"width": self.width, "height": self.height})

    def sign_in(self) -> None:
        self.go("/accounts/login/")
        self.page.fill("[name=login]", EMAIL)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_selector("upload-app")
