"""Every page and state in Chromium: no finding by axe, targets large enough, nothing cut off, no error, small."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.e2e import conftest
from tests.e2e.pages.accessibility import FIND_SMALL_TARGETS, FIRST_VARIANT, find_problems, wait_ready
from tests.e2e.site import Site

# As in a narrow font. The policy does not apply to a style sheet that a script adopts.
NARROW = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("* { letter-spacing: -0.15em !important; line-height: 1.05 !important; }");
document.addEventListener("DOMContentLoaded", () => { document.adoptedStyleSheets = [sheet]; });"""
VISITOR = {
    "welcome": "/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "password": "/accounts/password/reset/",
    "password sent": "/accounts/password/reset/done/",
    "old link": "/accounts/password/reset/key/1-abc/",
    "nowhere": "/nowhere/at/all",
    "no such share": "/share/" + "x" * 22,
}
OWNER = {
    "home": "/",
    "list": "/shares/",
    "nothing found": "/shares/?q=zzzz",
    "nonsense": "/shares/?cursor=zzzz",
    "account": "/account/",
    "change password": "/accounts/password/change/",
    "second factor": "/accounts/2fa/",
    "address": "/accounts/email/",
    "sign out": "/accounts/logout/",
}


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    browser_context = browser.new_context(base_url=site.url, **FIRST_VARIANT)
    yield browser_context
    browser_context.close()


def sign_in(page: Page) -> None:
    """At the address that the page's context is for."""
    page.goto("/healthz")
    conftest.sign_in(page, page.url.removesuffix("/healthz"))


def open_and_check(page: Page, path: str) -> list[Any]:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    page.goto(path)
    wait_ready(page)
    return [*wrong, *find_problems(page)]


def test_pages_for_everyone(context: BrowserContext, scenarios: dict[str, str]) -> None:
    page = context.new_page()
    paths = VISITOR | {name: f"/share/{pk}" for name, pk in scenarios.items()}
    paths["report"] = f"/share/{scenarios['open']}/report"
    assert {name: problems for name, path in paths.items() if (problems := open_and_check(page, path))} == {}


def test_pages_for_owners(context: BrowserContext, scenarios: dict[str, str]) -> None:
    page = context.new_page()
    sign_in(page)
    paths = OWNER | {f"own {name}": f"/shares/{pk}/" for name, pk in scenarios.items()}
    assert {name: problems for name, path in paths.items() if (problems := open_and_check(page, path))} == {}


def submit_wrong_password(page: Page) -> None:
    """A wrong password, seen while it is typed."""
    page.fill("[name=password]", "wrong")
    page.get_by_role("button", name="Show password").click()
    assert page.get_attribute("[name=password]", "type") == "text"
    assert find_problems(page) == []
    page.click("main .button-main")


def test_states_that_follow_an_act(context: BrowserContext, site: Site, scenarios: dict[str, str]) -> None:
    page = context.new_page()
    problems: dict[str, Any] = {}
    for name, text in (("locked", "That password is not right"), ("barred", "Too many attempts")):
        page.goto(f"/share/{scenarios[name]}")
        submit_wrong_password(page)
        page.wait_for_selector(f"text={text}")
        problems[name] = find_problems(page)
    page.goto(f"/share/{scenarios['open']}")
    page.click(".pass-on summary")
    problems["passed on"] = find_problems(page)
    page.goto(f"/share/{scenarios['folders']}?sort=size")
    page.check(".pick [name=file] >> nth=0")
    page.wait_for_selector("[data-chosen]:has-text('1 of')")
    problems["chosen"] = find_problems(page)
    page.goto(f"/share/{scenarios['open']}/report")
    page.click("main button")
    page.wait_for_selector(".field-error")
    problems["refused report"] = find_problems(page)
    broken = site.execute("from django.template.loader import render_to_string; print(render_to_string('500.html'))")
    page.route("**/broken", lambda route: route.fulfill(status=500, content_type="text/html", body=broken))
    problems["broken"] = open_and_check(page, "/broken")
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def test_states_that_follow_an_act_of_an_owner(
    context: BrowserContext, scenarios: dict[str, str], tmp_path: Path
) -> None:
    page = context.new_page()
    problems: dict[str, Any] = {}
    sign_in(page)
    page.goto(f"/shares/{scenarios['long']}/")
    for summary in page.locator("main summary").all():
        summary.click()
    problems["all opened"] = find_problems(page)
    page.fill("[name=max_downloads]", "0")
    page.click("#settings .button-main")
    page.wait_for_selector(".field-error")
    problems["refused edit"] = find_problems(page)
    page.goto("/")
    (tmp_path / "notes.txt").write_text("notes")
    page.click(".options summary")
    problems["options"] = find_problems(page)
    page.set_input_files("[data-part=files]", str(tmp_path / "notes.txt"))
    page.wait_for_selector("upload-app[data-state=done]")
    problems["sent"] = find_problems(page)
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def test_targets_stay_large_in_narrow_fonts(browser: Browser, site: Site, scenarios: dict[str, str]) -> None:
    """Which fonts a machine has decides how wide and how high a text is: no target's size may rest on that."""
    context = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    context.add_init_script(NARROW)
    visitor, owner = context.new_page(), context.new_page()
    problems: dict[str, Any] = {}
    for name, path in [
        *VISITOR.items(),
        ("open", f"/share/{scenarios['open']}"),
        ("tree", f"/share/{scenarios['folders']}"),
    ]:
        visitor.goto(path)
        problems[name] = visitor.evaluate(FIND_SMALL_TARGETS)
    sign_in(owner)
    for name, path in [*OWNER.items(), ("own open", f"/shares/{scenarios['open']}/")]:
        owner.goto(path)
        problems[name] = owner.evaluate(FIND_SMALL_TARGETS)
    context.close()
    assert {name: small for name, small in problems.items() if small} == {}


@pytest.mark.parametrize(
    ("scenario", "max_bytes", "max_requests"),
    [
        ("open", 30_000, 10),
        ("folders", 30_000, 10),
        ("many", 30_000 + 40 * 250, 10),  # Sixty files: a quarter of a kB for each above twenty.
        ("locked", 30_000, 10),
        ("expired", 30_000, 10),
        ("", 80_000, 12),
    ],
)
def test_pages_are_small_and_request_no_other_site(
    browser: Browser, site: Site, scenarios: dict[str, str], scenario: str, max_bytes: int, max_requests: int
) -> None:
    first = browser.new_context(base_url=site.url)
    if not scenario:
        sign_in(first.new_page())
    context = browser.new_context(base_url=site.url, storage_state=first.storage_state())  # Nothing is cached in it.
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright marks its handlers
    page.goto(f"/share/{scenarios[scenario]}" if scenario else "/")
    page.wait_for_load_state("networkidle")
    assert {response.url.split("/")[2] for response in responses} == {site.url.split("/")[2]}
    # What crosses the line: bodies as they are encoded.
    total = sum(response.request.sizes()["responseBodySize"] for response in responses)
    print(f"{scenario or 'home'}: {total} bytes in {len(responses)} responses")
    assert total > 5_000, "the sizes were not seen"
    assert (total <= max_bytes, len(responses) <= max_requests) == (True, True)
    context.close()
    first.close()
