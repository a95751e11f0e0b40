"""Actions of a sender on the upload page, and what tests read from it."""

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
# As in a crash: no prompt, no cleanup.
LEAVE = "() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)"


class RequestBarrier:
    """Lets ``allowed_requests`` of the matching requests pass, to storage or to the API, and holds back all others.

    Files of a few parts are uploaded in a moment: a test that acts in the middle of an upload needs a barrier.
    """

    def __init__(self, page: Page, match: Callable[[str], bool], *, allowed_requests: int = 0) -> None:
        self.page, self.match, self.allowed_requests = page, match, allowed_requests
        self.pending_routes: list[Route] = []
        page.route(match, self._come)

    def _come(self, route: Route) -> None:
        if route.request.method not in {"PUT", "POST", "PATCH"} or self.allowed_requests > 0:
            self.allowed_requests -= route.request.method in {"PUT", "POST", "PATCH"}
            route.continue_()
        else:
            self.pending_routes.append(route)

    def open(self) -> None:
        self.allowed_requests = 1_000_000
        for route in self.pending_routes:
            route.continue_()
        self.pending_routes.clear()

    def remove(self) -> None:
        """For the requests after a reload; those that were held back are gone with the old page."""
        self.page.unroute(self.match, self._come)
        self.pending_routes.clear()


def is_signed(url: str) -> bool:
    return "X-Amz-Signature" in url


def is_multipart_part(url: str) -> bool:
    return is_signed(url) and "partNumber=" in url


def is_completion(url: str) -> bool:
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
    """Drag files and folders from the desktop onto the page and drop them, as the browser itself does."""
    # The page cannot handle a drop before its script has loaded.
    page.wait_for_selector("upload-app:defined")
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})
    session.detach()


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("[data-part=files]", [str(path) for path in paths])


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Let the browser continue until ``condition()`` is true; for conditions that the page does not know."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        page.wait_for_timeout(20)


def collect_stored_parts(page: Page) -> list[Request]:
    """A list that grows with every part that storage has received."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request) if request.method == "PUT" else None)
    return requests


def row(page: Page, name: str) -> Locator:
    return page.locator("[data-part=list] > li").filter(has=page.get_by_text(name, exact=True))


def expect_state(page: Page, state: str, *, minutes: float = 1) -> None:
    """Wait until the upload is in ``state``; a failure shows the text of the page instead."""
    app = page.locator("upload-app")
    try:
        expect(app).to_have_attribute("data-state", state, timeout=minutes * MINUTE_MS)
    except AssertionError as late:
        raise AssertionError(f"not {state} after {minutes} min, but:\n{app.inner_text()}") from late


def stop(page: Page) -> None:
    """Pause without waiting for the parts on their way."""
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


def fetch_page_files(page: Page, site: Site, password: str = "") -> dict[str, str]:
    """Download every file of the page's share as a recipient: full name to SHA-256 in hex."""
    share_id = link(page).rpartition("/")[2]
    names = {file["id"]: _full_name(file) for file in _owned(page, site, share_id)["files"]}
    return {names[file_id]: digest for file_id, digest in fetch_files(site, share_id, password).items()}


def fetch_files(site: Site, share_id: str, password: str = "") -> dict[str, str]:
    """Download every file of a share through the API: file id to SHA-256 in hex."""
    request = urllib.request.Request(
        f"{site.url}/api/v1/shares/{share_id}/downloads",
        data=json.dumps({"password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return {download["file_id"]: _sum(download["url"]) for download in json.load(response)["downloads"]}


def expect_gone(page: Page, address: str) -> None:
    """Wait until the share is gone: the page continues before the server has confirmed it."""
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
    """Raises ``EOFError`` if the response is incomplete: read in blocks, http.client does not report that."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=60) as response:
        allowed_requests = int(response.headers["Content-Length"])
        while block := response.read(1024 * 1024):
            digest.update(block)
            allowed_requests -= len(block)
    if allowed_requests:
        raise EOFError(f"{allowed_requests} bytes are missing.")
    return digest.hexdigest()
