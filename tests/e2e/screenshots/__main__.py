"""Takes the pictures of the documentation from a real site with real shares.

``python -m tests.e2e.screenshots``, which is `make screenshots`, writes those of the README and every state of the
recipient's page to docs/screenshots/; ``--all FOLDER`` writes every page and state, at both widths in both schemes.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import FLAGS
from tests.e2e.screenshots import recipient_page
from tests.e2e.screenshots.window import DESKTOP, LOOKS, Camera
from tests.e2e.site import PROJECT, Site
from tests.e2e.upload_page import Gate, completing, random_file, signed
from tests.stack import Stack

Scenarios = dict[str, str]


@contextmanager
def stage() -> Iterator[tuple[Site, Scenarios]]:
    """A running site with a share in every scenario."""
    stack = Stack()
    os.environ.update(stack.environment(), DJANGO_SETTINGS_MODULE="sharesite.settings")
    django.setup()
    try:
        stack.need(stack.storage)
        with Site(stack).running() as site:
            code = "from tests.e2e.scenarios import stage; stage()"
            share_ids: Scenarios = json.loads(site.execute(code).splitlines()[-1])
            yield site, share_ids
    finally:
        stack.close()


def sending(window: Camera, *names: str) -> None:
    """The start page while files are on their way, held still in each state; ``names`` are the pictures wanted."""
    page = window.page

    def shoot(state: str, name: str) -> None:
        page.wait_for_selector(f"upload-app[data-state={state}]")
        page.wait_for_timeout(1500)  # until speed and time left are known
        if not names or name in names:
            window.shoot(name if names else f"{name}-{window.name}", full=True)

    storage, checks = Gate(page, signed, passing=3), Gate(page, completing, passing=1)
    sizes = {"Survey report.pdf": 180_000, "Drone pass 2.mp4": 61_000_000, "plans/drawings.zip": 24_000_000}
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in sizes]
        for path, size in zip(paths, sizes.values(), strict=True):
            random_file(path, size)
        page.set_input_files("[data-part=files]", [str(path) for path in paths])
        page.get_by_text("61 MB ·").first.wait_for()
        shoot("sending", "sending")
        page.context.set_offline(True)
        shoot("offline", "offline")
        page.context.set_offline(False)
        page.click("[data-part=pause]")
        shoot("pausing", "pausing")
        page.click("[data-part=pause]")
        shoot("paused", "paused")
        page.click("[data-part=resume]")
        storage.open()
        page.get_by_text("checking…").first.wait_for()
        shoot("sending", "checking")
        checks.open()
        shoot("done", "sent")


def failing(window: Camera) -> None:
    """A file that vanished after it was chosen, and a share whose options make no sense."""
    page = window.page
    window.go("/")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("Survey report.pdf", "Drone pass 2.mp4", "plan.pdf")]
        for path in paths:
            random_file(path, 300_000)
        barrier = Gate(page, lambda url: url.endswith("/api/v1/shares"))
        page.set_input_files("[data-part=files]", [str(path) for path in paths])
        page.wait_for_timeout(500)
        paths[1].unlink()
        barrier.open()
        page.wait_for_selector("upload-app[data-state=failed]")
        window.shoot(f"failed-{window.name}", full=True)
        window.go("/")
        page.click(".options summary")
        page.fill("[name=max_downloads]", "-3")
        page.set_input_files("[data-part=files]", str(paths[0]))
        page.wait_for_selector("upload-app[data-state=failed]")
        window.shoot(f"refused-{window.name}", full=True)


def few(browser: Browser, site: Site, scenarios: Scenarios, folder: Path) -> None:
    """The handful that the documentation shows."""
    light = Camera(browser, site, folder, ("light", DESKTOP))
    light.sign_in()
    light.shoot("home")
    sending(light, "sending", "sent")
    light.go("/shares/")
    light.shoot("shares", full=True)
    light.go(f"/shares/{scenarios['open']}/")
    light.shoot("share", full=True)


def everything(browser: Browser, site: Site, scenarios: Scenarios, folder: Path) -> None:
    public = {"welcome": "/", "sign-in": "/accounts/login/", "reset": "/accounts/password/reset/", "nowhere": "/nope"}
    public |= {f"share-{name}": f"/share/{pk}" for name, pk in scenarios.items()}
    owner_pages = {"shares": "/shares/", "nothing": "/shares/?q=zz", "account": "/account/", "factor": "/accounts/2fa/"}
    owner_pages |= {f"own-{name}": f"/shares/{pk}/" for name, pk in scenarios.items()}
    for variant in LOOKS:
        window = Camera(browser, site, folder, variant)
        for name, path in public.items():
            window.go(path)
            window.shoot(f"{name}-{window.name}", full=True)
        window.go(f"/share/{scenarios['locked']}")
        window.page.fill("[name=password]", "wrong")
        window.page.click("main .button-main")
        window.shoot(f"wrong-password-{window.name}", full=True)
        window.go(f"/share/{scenarios['barred']}")
        window.page.fill("[name=password]", "wrong")
        window.page.click("main .button-main")
        window.shoot(f"too-many-{window.name}", full=True)
        window.sign_in()
        window.shoot(f"home-{window.name}")
        window.page.click(".options summary")
        window.shoot(f"options-{window.name}", full=True)
        window.page.click(".options summary")
        sending(window)
        failing(window)
        for name, path in owner_pages.items():
            window.go(path)
            window.shoot(f"{name}-{window.name}", full=True)


def main() -> None:
    every = sys.argv[1:2] == ["--all"]
    folder = Path(sys.argv[2]) if every else PROJECT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with stage() as (site, scenarios), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for write_pictures in (everything,) if every else (recipient_page.shown, few):
            write_pictures(browser, site, scenarios, folder)
        browser.close()


if __name__ == "__main__":
    main()
