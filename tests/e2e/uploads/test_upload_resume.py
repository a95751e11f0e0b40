"""Resuming after a reload, a crash or a sign-in: what is remembered, offered, checked and rejected."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import FLAGS, fill_in_login, sign_in
from tests.e2e.site import Site
from tests.e2e.upload_page import (
    LEAVE,
    RequestBarrier,
    choose,
    collect_stored_parts,
    expect_gone,
    expect_state,
    fetch_files,
    fetch_page_files,
    is_multipart_part,
    is_signed,
    link,
    random_file,
    row,
    share,
    wait_until,
)

MIB = 1024 * 1024
# Five parts.
SIZE = 22 * MIB


def half_way(page: Page, *paths: Path) -> RequestBarrier:
    """Start an upload; two parts are stored, and the others are held back. A file of one part passes."""
    barrier = RequestBarrier(page, is_multipart_part, allowed_requests=2)
    parts = collect_stored_parts(page)
    choose(page, *paths)
    wait_until(page, lambda: sum(is_multipart_part(request.url) for request in parts) == 2)
    return barrier


def begin(page: Page, path: Path) -> str:
    """Start an upload and leave in the middle; returns the link of the share."""
    barrier = half_way(page, path)
    address = link(page)
    page.evaluate(LEAVE)
    page.reload()
    barrier.remove()
    return address


def begin_two(page: Page, folder: Path) -> str:
    """Begin to send ``a.bin`` and then ``b.bin``, which are offered in that order; the link of the first.

    That can then be made one that is not offered: once the second is, the first would have been.
    """
    for name in ("a.bin", "b.bin"):
        random_file(folder / name, SIZE)
    first = begin(page, folder / "a.bin")
    begin(page, folder / "b.bin")
    expect(page.locator("[data-part=offer-name]")).to_have_text(["Resume “a.bin”", "Resume “b.bin”"])
    return first


def offer(page: Page) -> Locator:
    return page.locator("[data-part=offer-list] > li")


def expect_second_offer_only(page: Page) -> None:
    expect(page.locator("[data-part=offer-name]").last).to_have_text("Resume “b.bin”")
    expect(offer(page)).to_have_count(1)


def test_after_a_reload_only_what_is_missing_is_sent(page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", SIZE)
    address = begin(page, tmp_path / "a.bin")
    expect(offer(page)).to_have_count(1)
    expect(page.locator("[data-part=offer-name]")).to_have_text("Resume “a.bin”")
    expect(page.locator("[data-part=offer-note]")).to_contain_text("1 file, ")
    resumed_parts = collect_stored_parts(page)
    page.locator("[data-part=offer-go]").click()
    expect(page.locator("[data-part=missing-text]")).to_contain_text("“a.bin” (23.1 MB)")
    choose(page, tmp_path / "a.bin")
    assert link(page) == address
    expect(page.locator("[data-part=missing]")).to_be_hidden()
    expect_state(page, "done")
    assert len(resumed_parts) == 3
    assert fetch_page_files(page, site) == {"a.bin": expected}
    random_file(tmp_path / "b.bin", SIZE)
    page.goto(site.url)
    begin(page, tmp_path / "b.bin")
    expect(page.locator("[data-part=offer-name]")).to_have_text("Resume “b.bin”")
    expect(offer(page)).to_have_count(1)


def test_a_browser_that_crashes_remembers_its_uploads(site: Site, browser: Browser, tmp_path: Path) -> None:
    """A profile on disk, its browser ended with SIGKILL in the middle of sending."""
    expected = random_file(tmp_path / "a.bin", SIZE)
    kind = browser.browser_type
    profile = str(tmp_path / "profile")
    options: dict[str, Any] = {"executable_path": "/usr/bin/chromium", "args": FLAGS}
    context = kind.launch_persistent_context(profile, **options)
    page = context.pages[0]
    sign_in(page, site.url)
    session = context.browser.new_browser_cdp_session() if context.browser else context.new_cdp_session(page)
    half_way(page, tmp_path / "a.bin")
    with pytest.raises(Exception, match=r"closed|crash"):
        session.send("Browser.crash")
    context = kind.launch_persistent_context(profile, **options)
    page = context.pages[0]
    sign_in(page, site.url)  # browsers write cookies to the disk at their leisure
    page.locator("[data-part=offer-go]").click()
    resumed_parts = collect_stored_parts(page)
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    assert len(resumed_parts) == 3
    assert list(fetch_files(site, link(page).rpartition("/")[2]).values()) == [expected]
    context.close()


def test_a_changed_file_is_rejected_with_a_message_and_sent_as_a_new_one(
    page: Page, site: Site, tmp_path: Path
) -> None:
    random_file(tmp_path / "a.bin", SIZE)
    begin(page, tmp_path / "a.bin")
    page.locator("[data-part=offer-go]").click()
    expected = random_file(tmp_path / "a.bin", SIZE - MIB)
    choose(page, tmp_path / "a.bin")
    expect_state(page, "failed")
    expect(row(page, "a.bin").locator("[data-part=note]")).to_have_text("“a.bin” has changed. Add it as a new file.")
    page.get_by_role("button", name="Try again: a.bin").click()
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_a_change_that_size_and_date_hide_is_found_by_its_bytes(page: Page, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    random_file(path, SIZE)
    begin(page, path)
    page.locator("[data-part=offer-go]").click()
    before = path.stat()
    expected = random_file(path, SIZE)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    choose(page, path)
    expect_state(page, "failed")
    expect(row(page, "a.bin").locator("[data-part=note]")).to_contain_text("has changed")
    assert [file["state"] for file in share(page, site)["files"]] in ([], ["uploading"])
    page.get_by_role("button", name="Try again: a.bin").click()
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_with_a_handle_it_goes_on_at_once(page: Page, site: Site) -> None:
    """The browser's own picker cannot be driven; a file of the page's private folder has a handle of the same kind."""
    page.evaluate("""async () => {
        const folder = await navigator.storage.getDirectory();
        const handle = await folder.getFileHandle("a.bin", { create: true });
        const stream = await handle.createWritable();
        for (let part = 0; part < 11; part += 1) await stream.write(new Uint8Array(1 << 21).fill(part));
        await stream.close();
        window.showOpenFilePicker = async () => [handle];
    }""")
    barrier = RequestBarrier(page, is_signed, allowed_requests=2)
    parts = collect_stored_parts(page)
    page.get_by_text("Choose files").click()
    link(page)
    wait_until(page, lambda: len(parts) == 2)
    page.evaluate(LEAVE)
    page.reload()
    barrier.remove()
    page.locator("[data-part=offer-go]").click()
    expect_state(page, "done")
    expect(page.locator("[data-part=missing]")).to_be_hidden()
    assert [file["size"] for file in share(page, site)["files"]] == [11 << 21]


def two_tabs(browser: Browser, url: str, path: Path) -> tuple[Page, Page]:
    """One uploads, held back in the middle; the other opens the same page."""
    context = browser.new_context()
    page, other_page = context.new_page(), context.new_page()
    sign_in(page, url)
    RequestBarrier(
        page, is_signed, allowed_requests=2
    )  # A fast line would have sent it all before the button is found.
    choose(page, path)
    link(page)
    page.locator("[data-part=pause]").click()
    other_page.goto(url)
    expect(other_page.locator("[data-part=offer-note]")).to_have_text("Uploading in another tab")
    expect(other_page.locator("[data-part=offer-go]")).to_be_hidden()
    return page, other_page


def test_two_tabs_do_not_send_the_same_share(site: Site, browser: Browser, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", SIZE)
    page, other_page = two_tabs(browser, site.url, tmp_path / "a.bin")
    page.close(run_before_unload=False)
    other_page.locator("[data-part=offer-go]").click()
    choose(other_page, tmp_path / "a.bin")
    expect_state(other_page, "done")
    assert fetch_page_files(other_page, site) == {"a.bin": expected}
    other_page.context.close()


def test_on_plain_http_tabs_agree_by_talking(site: Site, browser: Browser, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", SIZE)
    page, other_page = two_tabs(browser, site.lan_url, tmp_path / "a.bin")
    assert page.evaluate("() => typeof navigator.locks") == "undefined"
    page.close(run_before_unload=False)
    other_page.locator("[data-part=offer-go]").click()
    choose(other_page, tmp_path / "a.bin")
    expect_state(other_page, "done")
    assert list(fetch_files(site, link(other_page).rpartition("/")[2]).values()) == [expected]
    other_page.context.close()


def test_discarding_releases_what_cannot_be_used(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", SIZE)
    address = begin(page, tmp_path / "a.bin")
    discard = page.locator("[data-part=offer-discard]")
    discard.click()
    expect(discard).to_have_text("Discard this upload?")
    discard.click()
    expect(offer(page)).to_have_count(0)
    expect_gone(page, address)


def test_discarding_keeps_the_files_that_are_ready(page: Page, site: Site, tmp_path: Path) -> None:
    small = random_file(tmp_path / "small.bin", 10)
    random_file(tmp_path / "big.bin", SIZE)
    barrier = half_way(page, tmp_path / "small.bin", tmp_path / "big.bin")
    expect(row(page, "small.bin")).to_have_attribute("data-state", "ready")
    address = link(page)
    page.evaluate(LEAVE)
    page.reload()
    barrier.remove()
    expect(page.locator("[data-part=offer-name]")).to_have_text("Resume “big.bin”")
    discard = page.locator("[data-part=offer-discard]")
    discard.click()
    discard.click()
    expect(offer(page)).to_have_count(0)
    assert list(fetch_files(site, address.rpartition("/")[2]).values()) == [small]


def test_what_has_ended_is_not_offered(page: Page, site: Site, tmp_path: Path) -> None:
    address = begin_two(page, tmp_path)
    token = page.locator("upload-app").get_attribute("data-csrf") or ""
    response = page.request.delete(
        f"{site.url}/api/v1/shares/{address.rpartition('/')[2]}", headers={"X-CSRFToken": token}
    )
    assert response.status == 204
    page.reload()
    expect_second_offer_only(page)


def test_another_account_sees_nothing_of_it(page: Page, site: Site, tmp_path: Path) -> None:
    first = begin_two(page, tmp_path)
    script = """async (id) => {
        const asked = indexedDB.open("sharesite-uploads");
        await new Promise((resolve) => { asked.onsuccess = resolve; });
        const store = asked.result.transaction("shares", "readwrite").objectStore("shares");
        const reading = store.getAll();
        await new Promise((resolve) => { reading.onsuccess = resolve; });
        const record = reading.result.find((one) => one.id === id);
        await new Promise((resolve) => { store.put({ ...record, account: "0" }).onsuccess = resolve; });
    }"""
    page.evaluate(script, first.rpartition("/")[2])
    page.reload()
    expect_second_offer_only(page)


def test_a_token_exchanged_by_another_tab_does_not_end_the_sending(page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", SIZE)
    barrier = half_way(page, tmp_path / "a.bin")
    page.context.clear_cookies(name="csrf")
    page.request.get(f"{site.url}/api/v1/session")
    barrier.open()
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_signing_in_again_goes_on_where_it_stood(page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", SIZE)
    barrier = half_way(page, tmp_path / "a.bin")
    page.context.clear_cookies()
    barrier.open()
    notice = page.locator("[data-part=signed-out]")
    expect(notice).to_contain_text("You're signed out.", timeout=30_000)
    with page.context.expect_page() as popup:
        notice.get_by_role("link", name="Sign in").click()
    fill_in_login(popup.value, site.url)
    popup.value.close()
    expect_state(page, "done")
    expect(notice).to_be_hidden()
    assert fetch_page_files(page, site) == {"a.bin": expected}
