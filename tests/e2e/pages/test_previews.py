"""Previews in the page: every kind, with mouse and keyboard, on a phone and a desktop, and when there is none."""

import base64
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.e2e.pages.accessibility import FIRST_VARIANT, find_problems
from tests.e2e.security.hostile import Canary, pdf
from tests.e2e.site import EMAIL, PASSWORD, Site
from tests.e2e.upload_page import choose, expect_state, link, share
from tests.e2e.uploads.test_thumbnails import VIDEO_SCRIPT, draw
from tests.scripts import bundle

CODE = 'def greet(name):\n    """Say <b>hello</b>."""\n    return f"hello {name}"  # 42\n'
NOTE = """# Plans

Some *words* and a [link](https://example.org/x), ![a picture](https://example.org/x.png)
and one that [goes nowhere](javascript:alert(1)).

1. one
2. two

| a | b |
|:-:|---|
| 1 | 2 |

```python
x = 1
```
"""
KINDS = {
    "a picture.png": "image", "film.webm": "video", "sound.wav": "audio", "paper.pdf": "pdf", "greet.py": "text",
    "plans.md": "markdown",
}  # fmt: skip
MOVES = """window.moved = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved += one.value; })
  .observe({ type: "layout-shift", buffered: true });"""
STATE = ".preview[data-state={}]"


def sound(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(2 * 44_100 * seconds))
    return path


@pytest.fixture(scope="module")
def samples(browser: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One share with a file of each kind and one that is broken, another with a limit of downloads; their links."""
    folder = tmp_path_factory.mktemp("samples")
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("upload-app:defined")
    picture = draw(page, folder / "a picture.png", "image/png", 1600, 900)
    (folder / "film.webm").write_bytes(base64.b64decode(page.evaluate(VIDEO_SCRIPT)))
    sound(folder / "sound.wav", 240)
    (folder / "paper.pdf").write_bytes(pdf(pages=30, label="Chapter"))
    (folder / "greet.py").write_text(CODE)
    (folder / "plans.md").write_text(NOTE)
    (folder / "broken.png").write_bytes(picture.read_bytes()[:40])
    (folder / "data.bin").write_bytes(b"\0\1\2")
    links = {}
    with page.expect_response(lambda response: response.url.endswith("/thumbnail/complete"), timeout=60_000):
        choose(page, *(folder / name for name in [*KINDS, "broken.png", "data.bin"]))
        expect_state(page, "done")
    links["all"], links["id"] = link(page), share(page, site)["id"]
    page.goto("/")
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "2")
    with page.expect_response(lambda response: response.url.endswith("/thumbnail/complete"), timeout=60_000):
        choose(page, picture, folder / "greet.py")
        expect_state(page, "done")
    links["capped"], links["capped id"] = link(page), share(page, site)["id"]
    context.close()
    return links


@pytest.fixture
def recipient(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """A page of another account; all its requests must go to the site and its storage."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []
    allowed = (site.url, site.stack.storage_url, "data:", "blob:")

    def check_request(request: Request) -> None:
        if not request.url.startswith(allowed):
            wrong.append(request.url)

    def start(**options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        context.on("request", check_request)
        context.on(
            "console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None
        )
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert wrong == []


def open_preview(page: Page, name: str, state: str = "displayed") -> None:
    page.get_by_role("button", name=f"Preview {name}", exact=True).click()
    page.wait_for_selector(STATE.format(state))


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    page.wait_for_selector(".preview", state="hidden")


def test_axe_finds_nothing_in_any_kind(recipient: Callable[..., Page], samples: dict[str, str]) -> None:
    page = recipient(**FIRST_VARIANT)
    page.goto(samples["all"])
    problems = {"list": find_problems(page)}
    for name, kind in KINDS.items():
        open_preview(page, name)
        page.wait_for_timeout(200)  # until a worker has found the colors, or the first pages are drawn
        problems[kind] = find_problems(page)
        close(page)
    open_preview(page, "broken.png", "failed")
    problems["failed"] = find_problems(page)
    close(page)
    page.goto(samples["capped"])
    problems["list with a limit"] = find_problems(page)
    page.locator(".file-type img").first.click()
    page.wait_for_selector(STATE.format("confirming"))
    problems["confirming"] = find_problems(page)
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def test_each_kind_shows_what_is_in_the_file(recipient: Callable[..., Page], samples: dict[str, str]) -> None:
    page = recipient()
    page.goto(samples["all"])
    assert page.locator("[data-preview]").count() == len(KINDS) + 1
    stage = page.locator(".preview-stage")
    open_preview(page, "a picture.png")
    image = stage.locator("img")
    assert image.evaluate("(one) => [one.naturalWidth, one.naturalHeight, one.alt]") == [1600, 900, "a picture.png"]
    close(page)
    open_preview(page, "film.webm")
    assert stage.locator("video[controls]").evaluate("(one) => [one.videoWidth, one.videoHeight]") == [640, 360]
    close(page)
    open_preview(page, "greet.py")
    expect(stage.locator(".hljs-keyword").first).to_have_text("def")
    assert stage.locator("pre").inner_text() == CODE
    close(page)
    open_preview(page, "plans.md")
    assert stage.locator("h3").inner_text() == "Plans"
    assert stage.locator("a").evaluate_all("(all) => all.map((one) => [one.href, one.rel, one.target])") == [
        ["https://example.org/x", "noopener noreferrer nofollow ugc", "_blank"]
    ]
    assert stage.locator("img").count() == 0
    expect(stage).to_contain_text("[a picture]")
    expect(stage).to_contain_text("[goes nowhere](javascript:alert(1))")
    assert stage.locator("th").count() == 2
    close(page)
    open_preview(page, "paper.pdf")
    first = stage.get_by_role("group", name="Page 1", exact=True)
    expect(first.locator("p")).to_have_text("Chapter 1")
    # Something is drawn in it, and far pages are not drawn yet.
    assert first.locator("canvas").evaluate(
        "(one) => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((value) => value < 128)"
    )
    assert (stage.get_by_role("group").count(), stage.locator("canvas").count() < 15) == (30, True)
    stage.get_by_role("group", name="Page 30", exact=True).scroll_into_view_if_needed()
    expect(stage.get_by_role("group", name="Page 30", exact=True).locator("p")).to_have_text("Chapter 30")


def test_markup_that_a_library_let_through_is_sanitized(browser: Browser, samples: dict[str, str]) -> None:
    """The second protection behind the first: as if the library had passed everything on."""
    page = browser.new_page()
    body = bundle("preview/sanitize.js")
    page.route("**/static/sanitize.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page.goto(samples["all"])
    html = (
        Canary("http://127.0.0.1:9").html
        + '<a href="javascript:x" id=i class=c style="color:red">a</a><h3 onclick=x>b</h3>'
    )
    script = """async (html) => {
      const { sanitize } = await import("/static/sanitize.js");
      const box = document.createElement("div");
      box.append(sanitize(html, { tags: ["a", "h3"], attributes: ["href"] }));
      return box.innerHTML;
    }"""
    assert page.evaluate(script, html) == "<a>a</a><h3>b</h3>"
    page.close()


def test_it_is_worked_by_keyboard_alone_and_leads_back(recipient: Callable[..., Page], samples: dict[str, str]) -> None:
    page = recipient(viewport={"width": 390, "height": 844})
    page.goto(samples["all"])
    button = page.get_by_role("button", name="Preview a picture.png")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(STATE.format("displayed"))
    title = page.locator("#preview-title")
    expect(title).to_have_text("a picture.png")
    expect(page.get_by_role("dialog")).to_have_accessible_name("a picture.png")
    names = page.locator(".file:has([data-preview]) .file-name").all_inner_texts()
    assert sorted(names) == sorted([*KINDS, "broken.png"])
    for name in names[1:3]:
        page.keyboard.press("ArrowRight")
        expect(title).to_have_text(name)
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(names[1])
    for _ in names:
        page.get_by_role("button", name="Next file").press("Enter")
    expect(title).to_have_text(names[-1])
    for name in names[-2 : names.index("broken.png") - 1 - len(names) : -1]:
        page.get_by_role("button", name="Previous file").press("Enter")
        expect(title).to_have_text(name)
    page.wait_for_selector(STATE.format("failed"))
    expect(page.locator(".preview [role=status]")).to_have_text(
        "“broken.png” can't be previewed. Download it to open it."
    )
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_nothing_moves_when_it_opens_or_loads(recipient: Callable[..., Page], samples: dict[str, str]) -> None:
    page = recipient()
    page.add_init_script(MOVES)
    page.goto(samples["all"])
    for name in KINDS:
        open_preview(page, name)
        close(page)
    assert page.evaluate("window.moved") < 0.01


def test_sound_is_fetched_in_ranges_and_goes_on_after_its_address_has_died(
    recipient: Callable[..., Page], samples: dict[str, str]
) -> None:
    page = recipient()
    page.goto(samples["all"])
    addresses: list[str] = []
    dead: list[str] = []

    def storage(route: Route) -> None:
        """The first address dies as soon as it has been used."""
        url = route.request.url
        if "response-content-type=audio" in url and url not in addresses:
            addresses.append(url)
        elif url == addresses[0]:
            dead.append(url)
            return route.fulfill(status=403, content_type="application/xml", body="<Error/>")
        return route.continue_()

    page.context.route(lambda url: "response-content-type=audio" in url, storage)
    open_preview(page, "sound.wav")
    player = page.locator("audio")
    assert player.evaluate("(one) => one.duration") == 240
    page.wait_for_timeout(1100)  # Signed within the same second, both addresses would be one.
    player.evaluate("(one) => { one.currentTime = 230; }")
    state: list[Any] = []
    for _ in range(200):
        page.wait_for_timeout(100)
        state = player.evaluate("(one) => [one.currentTime, one.error?.message, one.readyState > 1]")
        if len(addresses) == 2 and state == [230, None, True]:
            break
    assert (state, len(addresses), bool(dead)) == ([230, None, True], 2, True)


def test_a_limit_is_shown_before_and_one_download_is_taken(
    recipient: Callable[..., Page], samples: dict[str, str], site: Site
) -> None:
    page = recipient()

    def remaining_downloads() -> str:
        return page.locator(".facts strong").nth(1).inner_text()

    page.goto(samples["capped"])
    assert (remaining_downloads(), page.get_by_text("uses 1 download").count()) == ("2 of 2", 2)
    # A click on the thumbnail does not mention downloads: the page asks first.
    page.locator(".file-type img").first.click()
    page.wait_for_selector(STATE.format("confirming"))
    expect(page.locator(".preview [role=status]")).to_contain_text("uses 1 download")
    close(page)
    page.reload()
    assert remaining_downloads() == "2 of 2"
    page.locator(".file-type img").first.click()
    page.get_by_role("button", name="Use 1 download and preview").click()
    page.wait_for_selector(STATE.format("displayed"))
    page.get_by_role("button", name="Next file").click()
    expect(page.locator(".preview pre")).to_contain_text("greet", timeout=30_000)
    close(page)
    assert page.get_by_text("uses 1 download").count() == 0
    page.reload()
    assert remaining_downloads() == "1 of 2"
    with page.expect_download():
        page.get_by_role("button", name="Download greet.py").click()
    page.reload()
    assert remaining_downloads() == "1 of 2"


def test_without_a_script_the_file_opens_in_a_tab_of_its_own(
    recipient: Callable[..., Page], samples: dict[str, str], site: Site
) -> None:
    page = recipient(java_script_enabled=False)
    page.goto(samples["all"])
    for name, text in (("greet.py", "Say <b>hello</b>."), ("plans.md", "[goes nowhere](javascript:alert(1))")):
        with page.expect_popup() as opened:
            page.get_by_role("button", name=f"Preview {name}").click()
        opened.value.wait_for_load_state()
        assert opened.value.url.startswith(site.stack.storage_url)
        assert text in opened.value.inner_text("body")
    expect(page.get_by_role("button", name="Preview paper.pdf")).to_be_hidden()


def test_a_refusal_has_a_message_of_its_own(
    recipient: Callable[..., Page], samples: dict[str, str], site: Site
) -> None:
    page = recipient()
    page.goto(samples["all"])
    problem = '{"title": "x", "message": "The time set for this share is over."}'
    page.route("**/preview", lambda route: route.fulfill(status=410, content_type="application/json", body=problem))
    open_preview(page, "greet.py", "failed")
    expect(page.locator(".preview [role=status]")).to_have_text("The time set for this share is over.")


def test_the_owner_previews_without_taking_a_download(
    recipient: Callable[..., Page], samples: dict[str, str], site: Site
) -> None:
    page = recipient()
    page.goto("/accounts/login/")
    page.fill("[name=login]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_selector("upload-app")
    page.goto(f"/shares/{samples['capped id']}/")
    before = page.locator(".numbers").inner_text()
    open_preview(page, "greet.py")
    expect(page.locator(".preview pre")).to_contain_text("greet", timeout=30_000)
    expect(page.locator(".preview").get_by_role("button", name="Download")).to_be_hidden()
    assert find_problems(page) == []
    page.reload()
    after = page.locator(".numbers").inner_text()
    assert before.split("File downloads started")[0] == after.split("File downloads started")[0]
    assert before != after
