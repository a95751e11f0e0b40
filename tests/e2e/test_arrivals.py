"""A recipient's page and the owner's, open while files arrive: each is there within two seconds, without a reload."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response, expect

from tests.e2e.sending import wait_until
from tests.e2e.site import Site
from tests.e2e.test_pages import findings, sign_in

SIZE = 4
# Not that of the script, which has the same name.
ADDRESS = re.compile(r"/arrivals(\?|$)")
# What the page's own scripts do: a call of the API under the session of the page.
CALL = """
async ([method, path, body]) => {
  const csrf = document.querySelector("upload-app").dataset.csrf;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const answer = await fetch("/api/v1" + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}"""
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  Object.defineProperty(document, "hidden", { configurable: true, get: () => state === "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""

# The page's own time at each look at what has arrived.
NOTE = """() => {
  window.looks = [];
  const send = window.fetch;
  window.fetch = (address, ...more) => {
    if (String(address).includes("/arrivals")) window.looks.push(performance.now());
    return send(address, ...more);
  };
}"""


class Clock:
    """A page's time, which passes only when it is told to, and its looks at what has arrived."""

    def __init__(self, page: Page) -> None:
        self.page, self.answered = page, 0
        now = datetime.now(UTC)
        page.clock.install(time=now)
        page.clock.pause_at(now + timedelta(seconds=1))
        page.add_init_script(f"({NOTE})()")
        page.on("requestfinished", self._note)
        page.on("requestfailed", self._note)

    def _note(self, request: Request) -> None:
        self.answered += ADDRESS.search(request.url) is not None

    def looks(self) -> list[float]:
        """In seconds of the page."""
        return [ms / 1000 for ms in self.page.evaluate("window.looks")]

    def gaps(self) -> list[float]:
        return [after - before for before, after in pairwise(self.looks())]

    def run(self, seconds: float) -> None:
        self.page.clock.run_for(int(seconds * 1000))

    def run_until_looks(self, count: int, *, step: float = 0.1) -> None:
        """Until so many were answered. The next is planned from when the last was asked for, however long it took."""

        def enough() -> bool:
            if self.answered >= count:
                return True
            if len(self.looks()) <= self.answered:
                self.run(step)
            return False

        wait_until(self.page, enough)

    def run_next_look(self) -> None:
        self.run_until_looks(self.answered + 1)


class Sender:
    """Somebody who sends, file by file; empty files, since how bytes travel is tested elsewhere."""

    def __init__(self, page: Page) -> None:
        self.page = page
        sign_in(page)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.page.evaluate(CALL, [method, path, body])

    def share(self, *names: str, **options: Any) -> Any:
        """The announced share; one more file than ``names`` never comes."""
        files = [{"name": name, "size": 0} for name in names] + [{"name": "last.bin", "size": SIZE}]
        return self.call("POST", "/shares", {"expires_in": 86_400, "title": "Drawings", **options, "files": files})

    def finish(self, file: Any) -> None:
        self.call("POST", f"/uploads/{file['id']}/complete", {})


@pytest.fixture
def sender(browser: Browser, site: Site) -> Iterator[Sender]:
    context = browser.new_context(base_url=site.url)
    yield Sender(context.new_page())
    context.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    contexts = []

    def visit(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site.url, **options))
        return contexts[-1].new_page()

    yield visit
    for context in contexts:
        context.close()


def test_each_file_can_be_had_within_two_seconds(sender: Sender, visit: Callable[..., Page]) -> None:
    """The first look after a file became ready brings it; looks are a second apart, as another test proves."""
    made = sender.share(*(f"plan {number}.pdf" for number in range(6)))
    page = visit()
    clock = Clock(page)
    page.goto(f"/share/{made['id']}")
    expect(page.locator("[data-live=ready]")).to_contain_text("Nothing is ready yet.")
    for file in made["files"][:6]:
        sender.finish(file)
        clock.run_next_look()
        expect(page.get_by_role("button", name=f"Download {file['name']}")).to_be_visible()
    expect(page.locator("[data-live=ready]")).to_contain_text("6 of 7 files ready, the rest is on its way.")
    sender.call("DELETE", f"/shares/{made['id']}/files/{made['files'][6]['id']}")
    clock.run_next_look()
    if page.get_by_role("button", name="Download all").is_hidden():
        clock.run_next_look()  # Which files have gone is told by the next one.
    expect(page.get_by_role("button", name="Download all")).to_be_visible()
    expect(page.locator(".files > li")).to_have_count(6)
    clock.run(10)
    expect(page.locator("[data-live-status]")).to_have_text("All 6 files are here.")


def test_files_that_are_added_appear_and_get_their_buttons(sender: Sender, visit: Callable[..., Page]) -> None:
    made = sender.share()
    page = visit()
    page.goto(f"/share/{made['id']}")
    expect(page.locator("article")).to_contain_text("sent you 1 file")
    added = sender.call("POST", f"/shares/{made['id']}/files", {"files": [{"name": "b.txt", "size": 0}]})["files"]
    expect(page.locator(".files > li")).to_have_count(2)
    expect(page.locator("article")).to_contain_text("sent you 2 files")
    sender.finish(added[0])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download b.txt").click()
    assert saved.value.suggested_filename == "b.txt"


def test_it_is_asked_once_a_second_not_at_all_in_the_background_and_never_in_vain(
    sender: Sender, visit: Callable[..., Page]
) -> None:
    made = sender.share("a.txt")
    page = visit()
    clock = Clock(page)
    page.goto(f"/share/{made['id']}")
    clock.run_until_looks(5)
    assert all(1 <= gap <= 1.5 for gap in clock.gaps()), clock.gaps()
    page.evaluate(HIDE, "hidden")
    before = clock.looks()
    clock.run(60)
    assert clock.looks() == before
    sender.finish(made["files"][0])
    page.evaluate(HIDE, "visible")
    clock.run(0.1)  # At once, not after a second.
    expect(page.get_by_role("button", name="Download a.txt")).to_be_visible()
    sender.call("DELETE", f"/shares/{made['id']}/files/{made['files'][1]['id']}")
    clock.run_next_look()
    expect(page.get_by_role("button", name="Download, 0 bytes")).to_be_visible()
    before = clock.looks()
    clock.run(60)
    assert clock.looks() == before


def test_an_outage_is_waited_out_with_growing_patience(sender: Sender, visit: Callable[..., Page]) -> None:
    made = sender.share("a.txt")
    page = visit()
    clock = Clock(page)
    page.route(ADDRESS, lambda route: route.abort())
    page.goto(f"/share/{made['id']}")
    clock.run_until_looks(1)
    for patience in (2, 4, 8, 16, 30, 30):
        clock.run_until_looks(clock.answered + 1, step=patience / 4)
        assert 0.75 * patience <= clock.gaps()[-1] <= 1.5 * patience, clock.gaps()
    page.unroute(ADDRESS)
    sender.finish(made["files"][0])
    clock.run(37.5)  # the longest patience
    expect(page.get_by_role("button", name="Download a.txt")).to_be_visible()


def test_the_end_of_the_share_is_shown_and_asked_no_more(sender: Sender, visit: Callable[..., Page]) -> None:
    made = sender.share("a.txt")
    page = visit()
    clock = Clock(page)
    page.goto(f"/share/{made['id']}")
    sender.call("DELETE", f"/shares/{made['id']}")
    clock.run(1)
    expect(page.locator("h1")).to_have_text(re.compile("removed", re.IGNORECASE))
    clock.run(60)
    assert clock.looks() == []  # of the page that was loaded anew


def test_the_owner_s_page_follows_too_and_keeps_who_is_at_a_button(sender: Sender, site: Site) -> None:
    made = sender.share("a.txt", "b.txt")
    page = sender.page.context.new_page()
    clock = Clock(page)
    page.goto(f"/shares/{made['id']}/")
    expect(page.locator("[data-live=ready]")).to_contain_text("0 of 3 files ready")
    button = page.get_by_label("Remove a.txt")
    button.focus()
    sender.finish(made["files"][0])
    clock.run_next_look()
    row = page.locator(f"#file-{made['files'][0]['id']}")
    expect(row).not_to_contain_text("on its way")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Remove this file")).to_be_visible()
    sender.finish(made["files"][1])
    clock.run_next_look()
    expect(page.locator("[data-live=ready]")).to_contain_text("2 of 3 files ready")
    expect(row.get_by_role("button", name="Remove this file")).to_be_visible()


def test_without_a_script_a_reload_shows_the_newest(sender: Sender, visit: Callable[..., Page]) -> None:
    made = sender.share("a.txt")
    page = visit(java_script_enabled=False)
    page.goto(f"/share/{made['id']}")
    sender.finish(made["files"][0])
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("button", name="Download a.txt")).to_be_visible()


def test_the_page_is_small_while_files_arrive(sender: Sender, visit: Callable[..., Page]) -> None:
    """Bytes on the line, its script and first looks included."""
    made = sender.share("a.txt", "b.txt")
    page = visit()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks its handlers
    clock = Clock(page)
    page.goto(f"/share/{made['id']}")
    clock.run_until_looks(3)
    total = sum(answer.request.sizes()["responseBodySize"] for answer in answers if answer.status == 200)
    print(f"{total} bytes in {len(answers)} answers")
    assert total <= 30_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_while_files_arrive(
    sender: Sender, visit: Callable[..., Page], scheme: str, width: int
) -> None:
    made = sender.share("a.txt", "b.txt")
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(f"/share/{made['id']}")
    found = findings(page)
    sender.finish(made["files"][0])
    expect(page.get_by_role("button", name="Download a.txt")).to_be_visible()
    assert found + findings(page) == []
