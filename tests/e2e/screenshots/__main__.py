"""Takes the screenshots of the documentation from a real site with real shares.

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
from tests.e2e.screenshots.window import DESKTOP, VARIANTS, ScreenshotWindow
from tests.e2e.site import PROJECT, Site
from tests.e2e.upload_page import RequestBarrier, is_completion, is_signed, random_file
from tests.stack import Stack

Scenarios = dict[str, str]


@contextmanager
def running_site() -> Iterator[tuple[Site, Scenarios]]:
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


def show_uploads(window: ScreenshotWindow, *names: str) -> None:
    """The start page during an upload, stopped in each state; ``names`` limits the screenshots to these."""
    page = window.page

    def wait_and_capture(state: str, name: str) -> None:
        page.wait_for_selector(f"upload-app[data-state={state}]")
        page.wait_for_timeout(1500)  # until speed and time left are known
        if not names or name in names:
            window.capture(name if names else f"{name}-{window.name}", full=True)

    storage = RequestBarrier(page, is_signed, allowed_requests=3)
    checks = RequestBarrier(page, is_completion, allowed_requests=1)
    sizes = {"Survey report.pdf": 180_000, "Drone pass 2.mp4": 61_000_000, "plans/drawings.zip": 24_000_000}
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in sizes]
        for path, size in zip(paths, sizes.values(), strict=True):
            random_file(path, size)
        page.set_input_files("[data-part=files]", [str(path) for path in paths])
        page.get_by_text("61 MB ·").first.wait_for()
        wait_and_capture("uploading", "sending")
        page.context.set_offline(True)
        wait_and_capture("offline", "offline")
        page.context.set_offline(False)
        page.click("[data-part=pause]")
        wait_and_capture("pausing", "pausing")
        page.click("[data-part=pause]")
        wait_and_capture("paused", "paused")
        page.click("[data-part=resume]")
        storage.open()
        page.get_by_text("Verifying…").first.wait_for()
        wait_and_capture("uploading", "checking")
        checks.open()
        wait_and_capture("done", "sent")


def show_failures(window: ScreenshotWindow) -> None:
    """A file that was deleted after it was chosen, and a share with an invalid option."""
    page = window.page
    window.go("/")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("Survey report.pdf", "Drone pass 2.mp4", "plan.pdf")]
        for path in paths:
            random_file(path, 300_000)
        barrier = RequestBarrier(page, lambda url: url.endswith("/api/v1/shares"))
        page.set_input_files("[data-part=files]", [str(path) for path in paths])
        page.wait_for_timeout(500)
        paths[1].unlink()
        barrier.open()
        page.wait_for_selector("upload-app[data-state=failed]")
        window.capture(f"failed-{window.name}", full=True)
        window.go("/")
        page.click(".options summary")
        page.fill("[name=max_downloads]", "-3")
        page.set_input_files("[data-part=files]", str(paths[0]))
        page.wait_for_selector("upload-app[data-state=failed]")
        window.capture(f"refused-{window.name}", full=True)


def write_documentation(browser: Browser, site: Site, scenarios: Scenarios, folder: Path) -> None:
    """The few pages that the documentation shows."""
    light = ScreenshotWindow(browser, site, folder, ("light", DESKTOP))
    light.sign_in()
    light.capture("home")
    show_uploads(light, "sending", "sent")
    light.go("/shares/")
    light.capture("shares", full=True)
    light.go(f"/shares/{scenarios['open']}/")
    light.capture("share", full=True)


def write_all(browser: Browser, site: Site, scenarios: Scenarios, folder: Path) -> None:
    public = {"welcome": "/", "sign-in": "/accounts/login/", "reset": "/accounts/password/reset/", "nowhere": "/nope"}
    public |= {f"share-{name}": f"/share/{pk}" for name, pk in scenarios.items()}
    owner_pages = {"shares": "/shares/", "nothing": "/shares/?q=zz", "account": "/account/", "factor": "/accounts/2fa/"}
    owner_pages |= {f"own-{name}": f"/shares/{pk}/" for name, pk in scenarios.items()}
    for variant in VARIANTS:
        window = ScreenshotWindow(browser, site, folder, variant)
        for name, path in public.items():
            window.go(path)
            window.capture(f"{name}-{window.name}", full=True)
        window.go(f"/share/{scenarios['locked']}")
        window.page.fill("[name=password]", "wrong")
        window.page.click("main .button-main")
        window.capture(f"wrong-password-{window.name}", full=True)
        window.go(f"/share/{scenarios['barred']}")
        window.page.fill("[name=password]", "wrong")
        window.page.click("main .button-main")
        window.capture(f"too-many-{window.name}", full=True)
        window.sign_in()
        window.capture(f"home-{window.name}")
        window.page.click(".options summary")
        window.capture(f"options-{window.name}", full=True)
        window.page.click(".options summary")
        show_uploads(window)
        show_failures(window)
        for name, path in owner_pages.items():
            window.go(path)
            window.capture(f"{name}-{window.name}", full=True)


def main() -> None:
    is_all = sys.argv[1:2] == ["--all"]
    folder = Path(sys.argv[2]) if is_all else PROJECT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with running_site() as (site, scenarios), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for write in (write_all,) if is_all else (recipient_page.write_screenshots, write_documentation):
            write(browser, site, scenarios, folder)
        browser.close()


if __name__ == "__main__":
    main()
