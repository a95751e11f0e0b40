"""What a person does on the sending page, and what the tests then look at."""

import hashlib
import json
import os
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.e2e.site import Site

MINUTE_MS = 60_000
# As in a crash: no question is asked, nothing is tidied up.
LEAVE = "() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)"


class Gate:
    """Stands before storage (``signed``) or a call of the API: lets ``passing`` requests through and holds the rest.

    Files of a few parts are sent in a moment: whatever is to happen in the middle needs a gate that makes one.
    """

    def __init__(self, page: Page, match: Callable[[str], bool], *, passing: int = 0) -> None:
        self.page, self.match, self.passing = page, match, passing
        self.held: list[Route] = []
        page.route(match, self._come)

    def _come(self, route: Route) -> None:
        if route.request.method not in {"PUT", "POST", "PATCH"} or self.passing > 0:
            self.passing -= route.request.method in {"PUT", "POST", "PATCH"}
            route.continue_()
        else:
            self.held.append(route)

    def open(self) -> None:
        self.passing = 1_000_000
        for route in self.held:
            route.continue_()
        self.held.clear()

    def remove(self) -> None:
        """For what the page asks after a reload; what is held is lost with the page that asked."""
        self.page.unroute(self.match, self._come)
        self.held.clear()


def signed(url: str) -> bool:
    return "X-Amz-Signature" in url


def part_of_several(url: str) -> bool:
    return signed(url) and "partNumber=" in url


def completing(url: str) -> bool:
    return "/api/v1/uploads" in url and "complete" in url


def random_file(path: Path, size: int) -> str:
    """Write ``size`` random bytes; their SHA-256 in hex."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size, 1024 * 1024):
            block = os.urandom(min(1024 * 1024, size - start))
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def drop(page: Page, *paths: Path) -> None:
    """Drag files and folders from the desktop onto the page and let go: what the browser itself does."""
    # Nothing can catch what is let go over a page whose script is still on its way.
    page.wait_for_selector("upload-app:defined")
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})
    session.detach()


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("[data-part=files]", [str(path) for path in paths])


def wait_until(page: Page, true: Callable[[], bool]) -> None:
    """Let the browser go on until ``true``; for what only the test can see."""
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def stored_parts(page: Page) -> list[Request]:
    """Grows with every part that storage has taken."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request) if request.method == "PUT" else None)
    return requests


def row(page: Page, name: str) -> Locator:
    return page.locator("[data-part=list] > li").filter(has=page.get_by_text(name, exact=True))


def expect_state(page: Page, state: str, *, minutes: float = 1) -> None:
    """Wait for the whole to be ``state``; a failure shows what the person would have seen instead."""
    app = page.locator("upload-app")
    try:
        expect(app).to_have_attribute("data-state", state, timeout=minutes * MINUTE_MS)
    except AssertionError as late:
        raise AssertionError(f"not {state} after {minutes} min, but:\n{app.inner_text()}") from late


def stop(page: Page) -> None:
    """Pause, and don't wait for what is on its way."""
    button = page.locator("[data-part=pause]")
    button.click()
    expect(page.locator("upload-app")).to_have_attribute("data-state", re.compile("pausing|paused"))
    if page.locator("upload-app").get_attribute("data-state") == "pausing":
        button.click()
    expect_state(page, "paused")


def link(page: Page) -> str:
    field = page.locator("[data-part=link]")
    expect(field).to_be_visible()
    return field.input_value()


def received(page: Page, site: Site, password: str = "") -> dict[str, str]:
    """Every file of the page's share as a recipient gets it: full name to SHA-256 in hex."""
    share_id = link(page).rpartition("/")[2]
    names = {file["id"]: _full_name(file) for file in _owned(page, site, share_id)["files"]}
    return {names[file_id]: digest for file_id, digest in fetched(site, share_id, password).items()}


def fetched(site: Site, share_id: str, password: str = "") -> dict[str, str]:
    """What anybody gets who has the link: file id to SHA-256 in hex."""
    request = urllib.request.Request(
        f"{site.url}/api/v1/shares/{share_id}/downloads",
        data=json.dumps({"password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return {download["file_id"]: _sum(download["url"]) for download in json.load(response)["downloads"]}


def expect_gone(page: Page, address: str) -> None:
    """Within seconds: the page does not wait for the server's word before it goes on."""
    end = time.monotonic() + 60
    while (status := page.request.get(address).status) != 410:
        assert time.monotonic() < end, status
        page.wait_for_timeout(100)


def _owned(page: Page, site: Site, share_id: str) -> Any:
    return page.request.get(f"{site.url}/api/v1/shares/{share_id}").json()


def share(page: Page, site: Site) -> Any:
    """The page's share as its owner sees it in the API."""
    return _owned(page, site, link(page).rpartition("/")[2])


def _full_name(file: Any) -> str:
    return f"{file['path']}/{file['name']}" if file["path"] else str(file["name"])


def _sum(url: str) -> str:
    """Raises ``EOFError`` when the answer breaks off; read in blocks, http.client keeps that to itself."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=60) as response:
        remaining = int(response.headers["Content-Length"])
        while block := response.read(1024 * 1024):
            digest.update(block)
            remaining -= len(block)
    if remaining:
        raise EOFError(f"{remaining} bytes are missing.")
    return digest.hexdigest()
