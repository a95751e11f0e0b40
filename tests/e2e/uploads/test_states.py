"""The upload page in each of its states: its text, what a screen reader announces, what a keyboard can do."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.pages.accessibility import FIRST_VARIANT, find_problems
from tests.e2e.pages.test_pages import sign_in
from tests.e2e.site import EMAIL, Site
from tests.e2e.upload_page import (
    RequestBarrier,
    choose,
    drop,
    expect_state,
    is_completion,
    is_signed,
    link,
    random_file,
    row,
    stop,
)

MIB = 1024 * 1024
# As in browsers that have the plain picker alone, which a test can answer.
NO_HANDLES = "Object.defineProperty(window, 'showOpenFilePicker', { value: undefined })"


def icon(page: Page) -> str:
    return unquote(str(page.locator("link[rel=icon]").get_attribute("href")))


@pytest.fixture
def start(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """The start page, signed in, in a browser of its own."""
    contexts: list[BrowserContext] = []

    def start(**options: Any) -> Page:
        contexts.append(browser.new_context(base_url=site.url, **options))
        page = contexts[-1].new_page()
        page.add_init_script(NO_HANDLES)
        page.on("filechooser", lambda _: None)  # Registered this early, no message is missed.
        sign_in(page)
        return page

    yield start
    for context in contexts:
        context.close()


def quota(site: Site, size: str) -> None:
    code = f"from shares.models import User; User.objects.filter(email={EMAIL!r}).update(quota_bytes={size})"
    site.execute(code)


def test_axe_finds_nothing_in_any_state(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start(**FIRST_VARIANT)
    random_file(tmp_path / "a.bin", 22 * MIB)
    random_file(tmp_path / "b.txt", 500)
    problems = {"empty": find_problems(page)}
    barrier = RequestBarrier(page, is_signed, allowed_requests=2)
    choose(page, tmp_path / "a.bin", tmp_path / "b.txt")
    expect(page.locator("[data-part=total-text]")).to_contain_text("MB of 23.1 MB", timeout=20_000)
    problems["uploading"] = find_problems(page)
    stop(page)
    problems["paused"] = find_problems(page)
    page.locator("[data-part=resume]").click()
    page.context.set_offline(True)
    expect_state(page, "offline")
    problems["waiting"] = find_problems(page)
    page.context.set_offline(False)
    checks = RequestBarrier(page, is_completion)
    barrier.open()
    expect(page.locator("[data-part=headline]")).to_contain_text("Verifying", timeout=30_000)
    problems["checking"] = find_problems(page)
    checks.open()
    expect_state(page, "done")
    problems["done"] = find_problems(page)
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def test_axe_finds_nothing_in_any_failure(start: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    page = start(**FIRST_VARIANT)
    for name in ("a.txt", "b.txt"):
        random_file(tmp_path / name, 500)
    problems = {}
    quota(site, "10")
    try:
        choose(page, tmp_path / "a.txt")
        expect_state(page, "failed")
        expect(page.locator("[data-part=alert]")).to_be_visible()
        problems["quota full"] = find_problems(page)
    finally:
        quota(site, "None")
    page.reload()
    page.locator(".options summary").click()
    page.fill("[name=max_downloads]", "-3")
    choose(page, tmp_path / "a.txt", tmp_path / "b.txt")
    expect_state(page, "failed")
    problems["whole share"] = find_problems(page)
    page.fill("[name=max_downloads]", "3")
    (tmp_path / "b.txt").unlink()
    page.locator("[data-part=alert-retry]").click()
    expect(row(page, "a.txt")).to_have_attribute("data-state", "ready", timeout=30_000)
    expect(row(page, "b.txt")).to_have_attribute("data-state", "failed", timeout=30_000)
    problems["one file"] = find_problems(page)
    (tmp_path / "empty").mkdir()
    drop(page, tmp_path / "empty")
    expect(page.locator("[data-part=notes]")).to_contain_text("Skipped 1 empty folder.")
    problems["left out"] = find_problems(page)
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def test_axe_finds_nothing_when_there_is_something_to_go_on_with(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start(**FIRST_VARIANT)
    random_file(tmp_path / "a.bin", 12 * MIB)
    RequestBarrier(page, is_signed, allowed_requests=1)
    choose(page, tmp_path / "a.bin")
    expect(page.locator("[data-part=total-text]")).to_contain_text("MB of 12.6 MB", timeout=20_000)
    page.evaluate("() => window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")
    page.reload()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    problems = {"offer": find_problems(page)}
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-part=missing]")).to_be_visible()
    problems["wanted"] = find_problems(page)
    assert {name: wrong for name, wrong in problems.items() if wrong} == {}


def tab_to(page: Page, target: Locator, *, max_presses: int = 40) -> None:
    """Only the Tab key, from where the focus is."""
    for _ in range(max_presses):
        if target.count() == 1 and target.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(
        f"{target} is not reached by Tab; at {page.evaluate('document.activeElement.outerHTML')[:200]}"
    )


def choose_at(page: Page, target: Locator, *paths: Path) -> None:
    """Tab to what opens the picker, press Enter, choose."""
    tab_to(page, target)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(list(paths))


def press_at(page: Page, name: str) -> None:
    tab_to(page, page.get_by_role("button", name=name, exact=True))
    page.keyboard.press("Enter")


def test_the_whole_upload_with_the_keyboard_alone(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start(permissions=["clipboard-read", "clipboard-write"])
    for name in ("plan.bin", "wrong.bin"):
        random_file(tmp_path / name, 6 * MIB)
    random_file(tmp_path / "late.bin", 10)
    barrier = RequestBarrier(page, is_signed)
    by_role = page.get_by_role
    choose_at(page, page.get_by_label("Choose files"), tmp_path / "plan.bin", tmp_path / "wrong.bin")
    expect_state(page, "uploading")
    tab_to(page, by_role("textbox", name="Your link"))
    press_at(page, "Copy")
    expect(page.locator(".link-box copy-button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == link(page)
    press_at(page, "Pause")
    expect_state(page, "pausing")
    press_at(page, "Stop now")
    expect_state(page, "paused")
    expect(by_role("button", name="Resume", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect_state(page, "uploading")
    expect(by_role("button", name="Pause", exact=True)).to_be_focused()
    press_at(page, "Remove wrong.bin")
    expect(by_role("button", name="Remove plan.bin")).to_be_focused()
    choose_at(page, by_role("button", name="Add files"), tmp_path / "late.bin")
    expect(page.locator("[data-part=list] > li")).to_have_count(2)
    tab_to(page, page.locator("details.options > summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Download limit"))
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=options-state]")).to_have_text("Saved")
    barrier.open()
    expect_state(page, "done")
    expect(by_role("heading", name="All 2 files uploaded")).to_be_visible()
    expect(page.locator("[data-part=status]")).to_have_text("All 2 files uploaded · 100%")


def test_everything_on_the_page_has_its_name(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start()
    expect(page.locator("main")).to_match_aria_snapshot("""
        - heading "Drop files here" [level=1]
        - paragraph: or paste them, or choose from your computer. You get the link right away.
        - button "Choose files"
        - button "Choose a folder"
    """)
    random_file(tmp_path / "plan.bin", 6 * MIB)
    RequestBarrier(page, is_signed)
    choose(page, tmp_path / "plan.bin")
    expect(page.get_by_role("button", name="Pause plan.bin")).to_be_visible()
    expect(page.locator("main")).to_match_aria_snapshot("""
        - region "This share":
          - textbox "Your link": /http.*/
          - button "Copy"
          - paragraph:
            - link "Manage this share"
          - heading "Uploading 1 file" [level=1]
          - button "Pause"
          - button "Cancel"
          - progressbar "All files"
          - list "Files":
            - listitem:
              - progressbar "plan.bin"
              - button "Pause plan.bin"
              - button "Remove plan.bin"
          - button "Add files"
        - group:
          - /children: contain
    """)


def test_the_tab_shows_how_it_goes(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    idle_icon = icon(page)
    random_file(tmp_path / "a.bin", 15 * MIB)  # three parts of one size: whichever passes first is a third
    barrier = RequestBarrier(page, is_signed, allowed_requests=1)
    choose(page, tmp_path / "a.bin")
    expect(page).to_have_title("33% · Send files · Sharesite", timeout=20_000)
    progress_icon = icon(page)
    assert progress_icon.startswith("data:image/svg+xml,<svg")
    assert "stroke-dasharray=" in progress_icon
    stop(page)
    expect(page).to_have_title("33%, paused · Send files · Sharesite")
    assert icon(page) not in {idle_icon, progress_icon}
    page.locator("[data-part=resume]").click()
    barrier.open()
    expect(page).to_have_title("Uploaded · Send files · Sharesite", timeout=20_000)
    assert icon(page) not in {idle_icon, progress_icon}
    assert wrong == []


def test_a_file_shows_progress_rate_and_remaining_time(start: Callable[..., Page], tmp_path: Path) -> None:
    page = start()
    random_file(tmp_path / "a.bin", 22 * MIB)
    RequestBarrier(page, is_signed, allowed_requests=3)
    choose(page, tmp_path / "a.bin")
    pattern = r"\d+% · .+ of 23\.1 MB · .+/s · .+ left"
    note = row(page, "a.bin").locator("[data-part=note]")
    expect(note).to_have_text(re.compile(pattern), timeout=20_000)
    expect(page.locator("[data-part=total-text]")).to_have_text(re.compile(pattern))
