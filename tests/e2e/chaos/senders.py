"""Senders that upload one file each, a few at the same time, each in a browser profile of its own."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.chaos.proxy import ChaosProxy
from tests.e2e.conftest import sign_in
from tests.e2e.site import Site
from tests.e2e.upload_page import choose, random_file

KEY = re.compile(r"/(u/[0-9a-f]{32}(?:/[0-9a-f]{32})?)\?")
CONCURRENT_SENDERS = 4
# The engine's own timeout is made for real connections, and too long for a proxy that hangs on purpose.
STALL_MS = 2500
STALL_SCRIPT = (
    "document.addEventListener('DOMContentLoaded', () => { document.querySelector('upload-app').dataset.stallMs = %d })"
)
NO_PROMPT_SCRIPT = "() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)"


class Sender:
    """One file in a browser profile of its own: connections are shared within a profile."""

    def __init__(self, sender_pool: "SenderPool", path: Path, size: int) -> None:
        self.path, self.url = path, sender_pool.site.url
        self.digest = random_file(path, size)
        self.context = sender_pool.browser.new_context(storage_state=sender_pool.state)
        self.context.add_init_script(STALL_SCRIPT % sender_pool.stall_ms)
        self.page = self.context.new_page()
        self.page.on("request", self._note)
        self.keys: set[str] = set()
        self.actions: list[str] = []
        self.share = ""
        self.ready = False
        self.page.goto(sender_pool.site.url)
        choose(self.page, path)

    @property
    def state(self) -> str:
        """The state of the page. After a reload that finds the file complete, the page has none."""
        return "done" if self.ready else self.page.locator("upload-app").get_attribute("data-state") or ""

    def perform(self, kind: str) -> None:
        self.actions.append(kind)
        if kind == "offline":
            self.context.set_offline(True)
            self.page.wait_for_timeout(300)
            self.context.set_offline(False)
        else:
            self.note_share()
            self.page.evaluate(NO_PROMPT_SCRIPT)
            self.page.reload()

    def resume(self) -> None:
        """Continue after a reload with the same file chosen again, unless all of it has arrived."""
        end = time.monotonic() + 60
        offer = self.page.locator("[data-part=offer-go]")
        while not offer.is_visible():
            self.ready = self.page.request.get(f"{self.url}/api/v1/shares/{self.share}").json()["ready_count"] == 1
            if self.ready:
                return
            assert time.monotonic() < end, self.page.locator("main").inner_text()
            self.page.wait_for_timeout(200)
        offer.click()
        choose(self.page, self.path)

    def finish(self) -> None:
        self.note_share()
        self.context.close()
        self.path.unlink()

    def note_share(self) -> None:
        address = self.page.locator("[data-part=link]").input_value()
        self.share = address.rpartition("/")[2] or self.share

    def _note(self, request: object) -> None:
        match = KEY.search(str(getattr(request, "url", "")))
        if match and getattr(request, "method", "") == "PUT":
            self.keys.add(match[1])


class SenderPool:
    """Runs ``count`` senders, ``CONCURRENT_SENDERS`` at a time, and calls ``turn(senders)`` repeatedly meanwhile."""

    def __init__(self, browser: Browser, site: Site, proxy: ChaosProxy, folder: Path) -> None:
        self.browser, self.site, self.proxy, self.folder = browser, site, proxy, folder
        self.stall_ms = STALL_MS
        self.state = str(folder / "state.json")
        page: Page = browser.new_page()
        sign_in(page, site.url)
        page.context.storage_state(path=self.state)
        page.close()

    def send(self, count: int, size: int, turn: Callable[[list[Sender]], None] = lambda _: None) -> list[Sender]:
        completed: list[Sender] = []
        running: list[Sender] = []
        new_senders = self._create_senders(count, size)
        while len(completed) < count:
            while len(running) < CONCURRENT_SENDERS and (sender := next(new_senders, None)):
                running.append(sender)
            self._perform_actions(running)
            turn(running)
            for sender in [candidate for candidate in running if candidate.state == "done"]:
                sender.finish()
                running.remove(sender)
                completed.append(sender)
                print(f"{len(completed)} of {count}", end=" ", flush=True)
            for sender in running:
                state = sender.state
                assert state != "failed", sender.page.locator("upload-app").inner_text()
            if running:
                running[0].page.wait_for_timeout(50)
        return completed

    def _create_senders(self, count: int, size: int) -> Iterator[Sender]:
        for number in range(count):
            yield Sender(self, self.folder / f"{number}.bin", size)

    def _perform_actions(self, running: list[Sender]) -> None:
        """Do to whole pages what the proxy's plan requests."""
        while not self.proxy.page_actions.empty():
            key, kind = self.proxy.page_actions.get()
            sender = next((candidate for candidate in running if key in candidate.keys), None)
            if sender and not sender.ready:
                sender.perform(kind)
            self.proxy.confirm_action(key)
            if sender and kind == "reload" and not sender.ready:
                sender.resume()
