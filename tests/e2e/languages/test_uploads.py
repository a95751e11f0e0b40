"""The upload page in a pseudo-language, in each of its states: its scripts write no English, and longer texts fit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from shares.storage import share_storage
from tests.e2e.languages.pages import ACCENTED, BROWSER_WORDS, PHONE, PageReader, sign_in
from tests.e2e.site import EMAIL, Site
from tests.e2e.upload_page import RequestBarrier, choose, drop, expect_state, is_completion, is_signed, random_file, row

MIB = 1024 * 1024
# As in browsers that have the plain picker alone, and as in a crash: no prompt when the page is left.
WITHOUT_PROMPTS = """
Object.defineProperty(window, 'showOpenFilePicker', { value: undefined });
window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true);
"""
SET_QUOTA = "from shares.models import User; User.objects.filter(email={email!r}).update(quota_bytes={size})"
FILES = {"plan.bin": 6 * MIB, "note.txt": 500, "list.txt": 700}


@pytest.fixture
def reader(browser: Browser, translated_site: Site, known_words: set[str], tmp_path: Path) -> Iterator[PageReader]:
    """The start page on a phone, signed in."""
    share_storage().setup([translated_site.url])
    for name, size in FILES.items():
        random_file(tmp_path / name, size)
    context = browser.new_context(
        base_url=translated_site.url, extra_http_headers={"Accept-Language": ACCENTED}, **PHONE
    )
    sign_in(context, translated_site, EMAIL)
    page = context.new_page()
    page.add_init_script(WITHOUT_PROMPTS)
    page.on("filechooser", lambda _: None)
    reader = PageReader(page, known_words | BROWSER_WORDS | {"DS", "bin", "list", "note", "plan", "txt"})
    page.goto("/")
    yield reader
    context.close()


def test_an_upload_from_the_first_file_to_the_last(reader: PageReader, tmp_path: Path) -> None:
    page = reader.page
    reader.read("empty")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".DS_Store").write_bytes(b"x")
    drop(page, tmp_path / "empty", tmp_path / ".DS_Store")
    expect(page.locator("[data-part=notes]")).to_be_visible()
    reader.read("files that are left out")
    page.locator("details.options summary").click()
    reader.read("options")
    parts = RequestBarrier(page, is_signed, allowed_requests=1)
    choose(page, *(tmp_path / name for name in FILES))
    expect(page.locator("[data-part=total-text]")).to_contain_text("MB")
    reader.read("uploading")
    hints = page.locator(".link-box .hint [data-when]:visible")
    hint = hints.inner_text()
    page.fill("[name=max_downloads]", "4")
    page.keyboard.press("Enter")
    expect(page.locator(".field[data-saved]").first).to_be_visible()
    reader.read("options saved")
    read_interruptions(reader)
    completions = RequestBarrier(page, is_completion)
    parts.open()
    expect(row(page, "plan.bin")).to_have_attribute("data-state", "checking")
    reader.read("verifying")
    completions.open()
    expect_state(page, "done")
    reader.read("done")
    expect(hints).to_have_count(1)
    assert hints.inner_text() != hint, "no file is still to come"
    row(page, "note.txt").locator("[data-part=remove]").click()
    expect(row(page, "note.txt").locator("[data-part=undo]")).to_be_visible()
    reader.read("a file that is being removed")
    page.reload()
    expect(page.locator("[data-part=last]")).to_be_visible()
    reader.read("last link")
    assert reader.problems == {}


def read_interruptions(reader: PageReader) -> None:
    page = reader.page
    page.locator("[data-part=pause]").click()
    expect_state(page, "pausing")
    reader.read("pausing")
    page.locator("[data-part=cancel]").click()
    reader.read("canceling")
    page.locator("[data-part=pause]").click()
    expect_state(page, "paused")
    reader.read("paused")
    page.locator("[data-part=resume]").first.click()
    page.context.set_offline(True)
    expect_state(page, "offline")
    reader.read("offline")
    page.context.set_offline(False)


def test_an_upload_that_was_interrupted(reader: PageReader, tmp_path: Path) -> None:
    page = reader.page
    parts = RequestBarrier(page, is_signed)
    choose(page, tmp_path / "plan.bin")
    expect(page.locator("[data-part=total-text]")).to_contain_text("MB")
    parts.remove()
    page.reload()
    expect(page.locator("[data-part=offers]")).to_be_visible()
    reader.read("offer to resume")
    page.locator("[data-part=offer-discard]").click()
    reader.read("discarding")
    page.locator("[data-part=offer-go]").click()
    expect(page.locator("[data-part=missing]")).to_be_visible()
    reader.read("file that has to be selected again")
    other_tab = page.context.new_page()
    other_reader = PageReader(other_tab, reader.known_words)
    other_tab.goto("/")
    expect(other_tab.locator("[data-part=offers]")).to_be_visible()
    other_reader.read("upload in another tab")
    other_tab.close()
    assert reader.problems | other_reader.problems == {}


def test_uploads_that_fail(
    reader: PageReader, translated_site: Site, tmp_path: Path, set_quota: Callable[[str], None]
) -> None:
    page = reader.page
    set_quota("400")
    page.reload()
    reader.read("little space")
    choose(page, tmp_path / "note.txt", tmp_path / "list.txt")
    expect_state(page, "failed")
    reader.read("no space")
    set_quota("None")
    page.reload()
    page.locator(".options summary").click()
    page.fill("[name=max_downloads]", "-3")
    choose(page, tmp_path / "note.txt", tmp_path / "list.txt")
    expect_state(page, "failed")
    reader.read("options that are refused")
    page.fill("[name=max_downloads]", "3")
    (tmp_path / "list.txt").unlink()
    page.locator("[data-part=alert-retry]").click()
    expect(row(page, "list.txt")).to_have_attribute("data-state", "failed")
    expect(row(page, "note.txt")).to_have_attribute("data-state", "ready")
    reader.read("a file that failed")
    page.context.clear_cookies()
    page.locator("[data-part=retry]:visible").first.click()
    random_file(tmp_path / "list.txt", 700)
    choose(page, tmp_path / "list.txt")
    expect(page.locator("[data-part=signed-out]")).to_be_visible()
    reader.read("signed out")
    assert reader.problems == {}


@pytest.fixture
def set_quota(translated_site: Site) -> Iterator[Callable[[str], None]]:
    def set_quota(size: str) -> None:
        translated_site.execute(SET_QUOTA.format(email=EMAIL, size=size))

    yield set_quota
    set_quota("None")
