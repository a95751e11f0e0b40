"""A browser window that takes pictures of the site."""

import base64
from pathlib import Path
from typing import Literal, Self

from playwright.sync_api import Browser, Page

from tests.e2e.site import EMAIL, PASSWORD, Site

Look = tuple[Literal["light", "dark"], tuple[int, int]]
PHONE, DESKTOP = (390, 844), (1280, 860)
LOOKS: tuple[Look, ...] = (("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE))
TALLEST = 1600
# Text stays sharp, and a picture has some ten kilobytes.
QUALITY = 55


class Camera:
    def __init__(self, browser: Browser, site: Site, folder: Path, variant: Look) -> None:
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
        self.lens = self.context.new_cdp_session(self.page)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.page.wait_for_load_state("networkidle")

    def shoot(self, name: str, *, full: bool = False) -> None:
        """As WebP, which Chromium itself makes; ``full`` takes the whole page, as long as it is not endless."""
        height = self.height
        if full:
            height = min(TALLEST, max(height, int(self.page.evaluate("document.documentElement.scrollHeight"))))
            self.page.set_viewport_size({"width": self.width, "height": height})
        options = {"format": "webp", "quality": QUALITY}
        data = base64.b64decode(self.lens.send("Page.captureScreenshot", options)["data"])
        (self.folder / f"{name}.webp").write_bytes(data)
        if full:
            self.page.set_viewport_size({"width": self.width, "height": self.height})

    def sign_in(self) -> None:
        self.go("/accounts/login/")
        self.page.fill("[name=login]", EMAIL)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_selector("upload-app")
