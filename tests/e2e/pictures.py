"""Takes the pictures of the documentation from a real site with real shares.

``python -m tests.e2e.pictures`` writes those of the README to docs/screenshots/; ``--all FOLDER`` writes every state of
every page at 390 and 1280 px, light and dark, for looking at.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import FLAGS
from tests.e2e.site import EMAIL, PASSWORD, PROJECT, Site
from tests.stack import Stack

PHONE, DESK = (390, 844), (1280, 860)
Scenes = dict[str, str]


@contextmanager
def stage() -> Iterator[tuple[Site, Scenes]]:
    """A running site with all scenes built."""
    stack = Stack()
    try:
        stack.need(stack.storage)
        site = Site(stack)
        site.set_up()
        site.manage("storage", "setup")
        code = "from tests.e2e.scenes import stage; stage()"
        found: Scenes = json.loads(site.manage("shell", "--verbosity=0", "--command", code).splitlines()[-1])
        site.start()
        yield site, found
        site.stop()
    finally:
        stack.close()


class Camera:
    def __init__(self, browser: Browser, site: Site, folder: Path, look: tuple[str, tuple[int, int]]) -> None:
        scheme, (width, height) = look
        self.name, self.folder = f"{scheme}-{width}", folder
        context = browser.new_context(base_url=site.url, viewport={"width": width, "height": height})
        self.page: Page = context.new_page()
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def go(self, path: str) -> None:
        self.page.goto(path)
        self.page.wait_for_load_state("networkidle")

    def shoot(self, name: str, *, full: bool = False) -> None:
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=full)

    def sign_in(self) -> None:
        self.go("/accounts/login/")
        self.page.fill("[name=login]", EMAIL)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_selector("upload-app")

    def choose(self, *names: str) -> None:
        """Files of some hundred kilobytes, dropped on the start page."""
        made = [{"name": name, "mimeType": "application/octet-stream", "buffer": bytes(400_000)} for name in names]
        self.page.set_input_files("[data-part=files]", made)  # type: ignore[arg-type]


def few(browser: Browser, site: Site, scenes: Scenes, folder: Path) -> None:
    """The handful that the documentation shows."""
    light, dark = (Camera(browser, site, folder, (scheme, DESK)) for scheme in ("light", "dark"))
    phone = Camera(browser, site, folder, ("light", PHONE))
    for camera, name in ((light, "recipient"), (dark, "recipient-dark"), (phone, "recipient-phone")):
        camera.go(f"/share/{scenes['open']}")
        camera.shoot(name)
    light.sign_in()
    light.shoot("home")
    light.choose("Survey report.pdf", "Drone pass 2.mp4", "drawings.zip")
    light.page.wait_for_selector("upload-app[data-state=done]")
    light.shoot("sent")
    light.go("/shares/")
    light.shoot("shares", full=True)
    light.go(f"/shares/{scenes['open']}/")
    light.shoot("share", full=True)


def everything(browser: Browser, site: Site, scenes: Scenes, folder: Path) -> None:
    public = {"welcome": "/", "sign-in": "/accounts/login/", "reset": "/accounts/password/reset/", "nowhere": "/nope"}
    public |= {f"share-{name}": f"/share/{pk}" for name, pk in scenes.items()}
    own = {"shares": "/shares/", "nothing": "/shares/?q=zz", "account": "/account/", "factor": "/accounts/2fa/"}
    own |= {f"own-{name}": f"/shares/{pk}/" for name, pk in scenes.items()}
    for look in [(scheme, size) for scheme in ("light", "dark") for size in (PHONE, DESK)]:
        camera = Camera(browser, site, folder, look)
        for name, path in public.items():
            camera.go(path)
            camera.shoot(f"{name}-{camera.name}", full=True)
        camera.go(f"/share/{scenes['locked']}")
        camera.page.fill("[name=password]", "wrong")
        camera.page.click("main button")
        camera.shoot(f"wrong-password-{camera.name}", full=True)
        camera.go(f"/share/{scenes['barred']}")
        camera.page.fill("[name=password]", "wrong")
        camera.page.click("main button")
        camera.shoot(f"too-many-{camera.name}", full=True)
        camera.sign_in()
        camera.shoot(f"home-{camera.name}")
        camera.page.click(".options summary")
        camera.shoot(f"options-{camera.name}", full=True)
        camera.choose("Survey report.pdf", "Drone pass 2.mp4", "drawings.zip")
        camera.page.wait_for_selector("upload-app[data-state=done]")
        camera.shoot(f"sent-{camera.name}", full=True)
        for name, path in own.items():
            camera.go(path)
            camera.shoot(f"{name}-{camera.name}", full=True)


def main() -> None:
    every = sys.argv[1:2] == ["--all"]
    folder = Path(sys.argv[2]) if every else PROJECT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with stage() as (site, scenes), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        (everything if every else few)(browser, site, scenes, folder)
        browser.close()


if __name__ == "__main__":
    main()
