"""A hundred files made to run something, opened by every route in a real browser: nothing ever runs."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Download, Page, Request
from playwright.sync_api import Error as Stopped

from tests.e2e.pages.accessibility import wait_ready
from tests.e2e.security.hostile import Canary
from tests.e2e.site import EMAIL, PASSWORD, Site
from tests.e2e.upload_page import wait_until

# `make long` follows each file by each route.
STRIDE = 1 if os.environ.get("LONG") == "1" else 5
OWN_PATHS = {"/frames", "/favicon.ico"}
ATTACHMENT = "response-content-disposition=attachment"
ADMIN = "hostile-admin@example.com"
# What a preview is made of. Whatever else stood there would have come from a file.
MEANT = (
    "a article audio blockquote br canvas code div em h3 h4 h5 h6 hr img li ol p pre s span strong"
    " table tbody td th thead tr ul video"
)
# Opens every preview; returns how each ended, and content that should not be there.
LOOP_PREVIEWS = """async ([meant, origins]) => {
  const offered = document.querySelectorAll("[data-preview]");
  const seen = { displayed: 0, failed: 0, foreign: [] };
  const odd = (one) => (name) => name.startsWith("on") || (name === "style" && !one.matches(".preview-page"));
  const foreign = (one) =>
    !meant.includes(one.localName) || one.getAttributeNames().some(odd(one)) ||
    (one.src && !origins.includes(new URL(one.src).origin)) || (one.href && !/^(https?|mailto):/.test(one.href));
  offered[0].click();
  for (let place = 0; place < offered.length; place += 1) {
    const over = () => ["displayed", "failed"].includes(document.querySelector(".preview")?.dataset.state);
    const started = performance.now();
    while (!over() && performance.now() - started < 20_000) await new Promise((go) => setTimeout(go, 5));
    seen[document.querySelector(".preview").dataset.state] += 1;
    // Time for a worker's colors, and for the first page of a document.
    const drawn = ["markdown", "pdf", "text"].includes(offered[place].dataset.preview);
    await new Promise((go) => setTimeout(go, drawn ? 60 : 0));
    const found = [...document.querySelectorAll(".preview-stage *")].filter(foreign);
    seen.foreign.push(...found.map((one) => one.outerHTML.slice(0, 200)));
    document.querySelector(".preview [aria-label='Next file']").click();
    await new Promise((go) => setTimeout(go, 0));
  }
  document.querySelector(".preview").close();
  return seen;
}"""
FRAMES = """(urls) => {
  window.loaded = 0;
  for (const src of urls) {
    const frame = document.createElement("iframe");
    frame.onload = () => { window.loaded += 1; };
    frame.src = src;
    document.body.append(frame);
  }
}"""


class Nest:
    """A bare server that no page has a reason to request: it serves the payloads with their own types."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.pages: dict[str, tuple[str, str]] = {}
        nest = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                nest.paths.append(self.path)
                kind, body = nest.pages.get(self.path, ("text/plain", ""))
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815 - the names are the base class's

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class BrowserMonitor:
    """A browser context, and everything in it that a file may have caused."""

    def __init__(self, context: BrowserContext, nest: Nest, allowed: set[str]) -> None:
        self.context, self.nest, self.allowed = context, nest, allowed
        self.events: list[str] = []
        context.expose_binding(
            "canary", lambda source, *_: self.events.append(f"canary in {source['frame'].url[:120]}")
        )
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("console", self._console)

    def _dialog(self, dialog: Dialog) -> None:
        message = dialog.message
        # Dismissed before it is recorded: the test may then close the page, which must not happen under an open dialog.
        dialog.dismiss()
        self.events.append(f"dialog {message[:80]}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_own = f"{parts.scheme}://{parts.netloc}" in self.allowed or parts.path in OWN_PATHS
        if parts.scheme.startswith("http") and not is_own:
            self.events.append(f"request {request.url[:120]}")

    def _console(self, message: ConsoleMessage) -> None:
        # A blocked script is a script that something tried to run: on our pages not even that may happen.
        if "Content Security Policy" in message.text:
            self.events.append(f"policy {message.text[:200]}")

    def all_events(self) -> list[str]:
        # A browser requests the icon of the framing page, too.
        return [*self.events, *(f"nest {path}" for path in self.nest.paths if path not in OWN_PATHS)]


@pytest.fixture(scope="module")
def nest() -> Iterator[Nest]:
    running_nest = Nest()
    yield running_nest
    running_nest.server.shutdown()


@pytest.fixture
def monitor(browser: Browser, site: Site, nest: Nest) -> Iterator[BrowserMonitor]:
    context = browser.new_context(base_url=site.url, accept_downloads=True)
    nest.paths.clear()
    yield BrowserMonitor(context, nest, {site.url, site.stack.storage_url})
    context.close()


@pytest.fixture(scope="module")
def hostile_shares(site: Site, nest: Nest) -> dict[str, Any]:
    """The hostile shares, and an administrator who opens them."""
    code = (
        f"from tests.e2e.security.hostile import stage; from shares.models import User;"
        f"User.objects.create_superuser({ADMIN!r}, {PASSWORD!r}); stage({nest.url!r})"
    )
    result: dict[str, Any] = json.loads(site.execute(code).splitlines()[-1])
    return result


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


@contextmanager
def tab(monitor: BrowserMonitor) -> Iterator[Page]:
    page = monitor.context.new_page()
    yield page
    # A dialog that opens while the page is closed would block that for ever, and closing has no deadline: leave first.
    with suppress(Stopped):
        page.goto("about:blank", timeout=30_000)
    page.close()


def visit(page: Page, url: str) -> None:
    """Open ``url`` as a page of its own; a download is not a page."""
    try:
        page.goto(url, wait_until="load", timeout=15_000)
    except Stopped as stopped:
        if "Download is starting" not in stopped.message and "ERR_ABORTED" not in stopped.message:
            raise


def visit_all(monitor: BrowserMonitor, urls: list[str]) -> int:
    """Open all of ``urls`` at once, framed by a page that forbids nothing, until each has loaded or begun to be saved.

    Returns how many were saved.
    """
    downloads: list[Download] = []
    with tab(monitor) as page:
        page.on("download", lambda download: downloads.append(download))  # noqa: PLW0108 - Playwright marks its handlers
        page.goto(f"{monitor.nest.url}/frames")
        page.evaluate(FRAMES, urls)
        wait_until(page, lambda: page.evaluate("loaded") + len(downloads) >= len(urls))
        page.wait_for_timeout(300)
    return len(downloads)


def fetch_addresses(page: Page, share: str) -> dict[str, Any]:
    """Every file's three addresses: as a preview in place, as a download, and where a download goes on."""
    script = """async (share) => {
      const body = new URLSearchParams({
        csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value,
      });
      const post = (id, act) =>
        fetch(`/share/${share}/files/${id}/${act}`, { method: "POST", headers: { Accept: "application/json" }, body });
      const found = {};
      const ids = [...document.querySelectorAll("li.file")].map((row) => row.id.replace("file-", ""));
      const findSome = async () => {
        for (let id = ids.pop(); id; id = ids.pop()) {
          const seen = await post(id, "preview");
          const whole = await post(id, "download");
          found[id] = { ...(await seen.json()), download: whole.url };
          await whole.body.cancel();
        }
      };
      await Promise.all([findSome(), findSome(), findSome(), findSome()]);
      return found;
    }"""
    files: dict[str, Any] = page.evaluate(script, share)
    return files


def collect_signals(monitor: BrowserMonitor) -> set[str]:
    return {line.split()[0] for line in monitor.events} | {*monitor.nest.paths}


def test_the_canary_signals_where_nothing_stops_it(monitor: BrowserMonitor, nest: Nest, site: Site) -> None:
    """Without this, its silence in the tests below would prove nothing."""
    canary = Canary(nest.url)
    nest.pages = {
        "/page.html": ("text/html", canary.html),
        "/script.svg": ("image/svg+xml", canary.svg),
        "/page.xhtml": ("application/xhtml+xml", canary.xhtml),
    }
    for path in nest.pages:
        monitor.events.clear()
        nest.paths.clear()
        with tab(monitor) as page:
            page.goto(f"{nest.url}{path}", wait_until="commit")
            wait_until(page, lambda: {"canary", "dialog", "request", "/fetch"} <= collect_signals(monitor))
    # And where the policy stops it, that is recorded, too.
    monitor.events.clear()
    with tab(monitor) as page:
        page.goto("/")
        page.evaluate("(html) => { document.body.innerHTML = html; }", canary.html)
        wait_until(page, lambda: any(line.startswith("policy") for line in monitor.events))


def test_nothing_runs_by_any_route_of_a_recipient(
    monitor: BrowserMonitor, hostile_shares: dict[str, Any], site: Site
) -> None:
    share = hostile_shares["share"]
    assert hostile_shares["files"] >= 100
    with tab(monitor) as page, tab(monitor) as other_page:
        page.goto(f"/share/{share}")
        wait_ready(page)
        assert page.locator("li.file").count() == hostile_shares["files"]
        assert page.locator(".file-type img").count() == 3
        addresses = [image.get_attribute("src") for image in page.locator(".file-type img").all()]
        outcome = page.evaluate(LOOP_PREVIEWS, [MEANT.split(), [*monitor.allowed]])
        assert outcome["foreign"] == []
        assert min(outcome["displayed"], outcome["failed"]) >= 20
        assert outcome["displayed"] + outcome["failed"] == page.locator("[data-preview]").count() >= 60
        files = fetch_addresses(page, share)
        kinds = {file.get("kind") for file in files.values()}
        assert kinds == {None, "image", "video", "audio", "pdf", "text", "markdown"}
        assert all(ATTACHMENT in file["download"] for file in files.values())
        assert all((ATTACHMENT in file["url"]) == (file["kind"] == "pdf") for file in files.values() if "url" in file)
        # These lead to the addresses of downloads, which are all visited below.
        resumed = [f"{site.url}/share/{share}/files/{file_id}/content" for file_id in list(files)[::STRIDE]]
        assert visit_all(monitor, resumed) == len(resumed)
        pdfs = sum(file.get("kind") == "pdf" for file in files.values())
        assert visit_all(monitor, [file["url"] for file in files.values() if "url" in file]) >= pdfs
        assert visit_all(monitor, [file["download"] for file in files.values()]) == len(files)
        for url in [*addresses, f"/share/{share}/arrivals", f"/share/{share}/SHA256SUMS", f"/share/{share}/report"]:
            visit(other_page, str(url))
    assert monitor.all_events() == []


def test_nothing_runs_out_of_archives_or_streams(
    monitor: BrowserMonitor, hostile_shares: dict[str, Any], site: Site
) -> None:
    share, strict = hostile_shares["share"], hostile_shares["strict"]
    with tab(monitor) as page, tab(monitor) as other_page:
        page.goto(f"/share/{share}")
        with page.expect_download(timeout=60_000) as archive:
            page.get_by_role("button", name="Download all").click()
        assert archive.value.failure() is None
        with page.expect_download(timeout=60_000) as streamed:
            page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('.share-form'))")
        assert streamed.value.failure() is None
        page.goto(f"/share/{strict}")
        assert page.locator("[data-preview]").count() == 0
        ids = [row.get_attribute("id") for row in page.locator("li.file").all()]
        for row_id in ids:
            with page.expect_download() as download:
                page.locator(f"#{row_id} button").last.click()
            assert download.value.failure() is None
            visit(other_page, f"/share/{strict}/files/{str(row_id).removeprefix('file-')}/content")
    assert monitor.all_events() == []


def test_nothing_runs_before_owners_and_administrators(
    monitor: BrowserMonitor, hostile_shares: dict[str, Any], site: Site
) -> None:
    share = hostile_shares["share"]
    with tab(monitor) as page, tab(monitor) as other_page:
        sign_in(page, EMAIL)
        page.goto(f"/shares/{share}/")
        wait_ready(page)
        page.locator("[data-preview]").first.click()
        page.wait_for_selector(".preview[data-state=displayed], .preview[data-state=failed]")
        for path in (
            "/shares/",
            f"/shares/{share}/arrivals",
            "/api/v1/docs",
            f"/api/v1/shares/{share}",
            "/api/v1/openapi.json",
        ):
            visit(other_page, path)
        for path in (f"/api/v1/shares/{share}/events", f"/api/v1/shares/{share}/public", "/api/v1/shares"):
            visit(other_page, path)
        monitor.context.clear_cookies()
        sign_in(page, ADMIN)
        for path in ("share/", f"share/{share}/change/", "event/", f"event/?q={share}", "report/", "user/"):
            visit(other_page, f"/admin/shares/{path}")
    assert monitor.all_events() == []
