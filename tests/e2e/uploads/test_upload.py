"""Uploading files in a real browser, into real storage."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Dialog, Page, Route, expect

from tests.e2e.site import Site
from tests.e2e.upload_page import (
    RequestBarrier,
    choose,
    collect_stored_parts,
    drop,
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
from tests.scripts import bundle

MIB = 1024 * 1024


def test_three_files_and_a_folder_arrive_as_they_are(page: Page, site: Site, tmp_path: Path) -> None:
    sums = {
        "one.bin": random_file(tmp_path / "one.bin", 12 * MIB),
        "two ü 😀.txt": random_file(tmp_path / "two ü 😀.txt", 1000),
        "empty": random_file(tmp_path / "empty", 0),
        "trip/a.jpg": random_file(tmp_path / "trip" / "a.jpg", 6 * MIB),
        "trip/day 1/b.jpg": random_file(tmp_path / "trip" / "day 1" / "b.jpg", 5),
    }
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "2")
    page.fill("[name=password]", "open sesame")
    page.fill("[name=title]", "Holiday")
    drop(page, *(tmp_path / name for name in ("one.bin", "two ü 😀.txt", "empty", "trip")))
    assert link(page).startswith(f"{site.url}/share/")
    expect(page.locator("[data-part=headline]")).to_contain_text("Uploading")
    expect_state(page, "done")
    expect(page.locator("[data-part=list] > li")).to_have_count(5)
    expect(page).to_have_title("Uploaded · Send files · Sharesite")
    expect(page.locator("[data-part=status]")).to_have_text("All 5 files uploaded · 100%")
    expect(page.locator("[data-part=options-summary]")).to_contain_text("2 downloads · password set")
    new_share = share(page, site)
    assert (new_share["title"], new_share["max_downloads"], new_share["has_password"]) == ("Holiday", 2, True)
    assert fetch_page_files(page, site, "open sesame") == sums


def test_the_chosen_folder_keeps_its_paths(page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "album" / "inner" / "c.bin", 10)
    page.set_input_files("[data-part=folder]", str(tmp_path / "album"))
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"album/inner/c.bin": expected}


def test_files_chosen_before_the_script_has_loaded_are_sent(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    early: list[Route] = []
    page.route("**/home*.js", lambda route: early.append(route))  # noqa: PLW0108 (it sets attributes)
    page.goto(site.url, wait_until="commit")
    page.wait_for_selector("[data-part=files]", state="attached")
    choose(page, tmp_path / "a.bin")
    assert early, "the script was quicker than this test"
    early[0].continue_()
    expect_state(page, "done")


def test_each_option_is_saved_automatically_and_the_summary_shows_it(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    summary, state = page.locator("[data-part=options-summary]"), page.locator("[data-part=options-state]")
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "9")
    expect(summary).to_contain_text("9 downloads · no password")
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    barrier = RequestBarrier(page, editing)
    page.locator("[name=password]").press_sequentially("open sesame")
    page.fill("[name=message]", "for you")  # Leaves the password's field.
    wait_until(page, lambda: bool(barrier.pending_routes))
    expect(summary).to_contain_text("9 downloads · no password")
    assert warns_before_leaving(page)
    barrier.open()
    expect(summary).to_contain_text("9 downloads · password set")
    expect(state).to_have_text("Saved")
    expect(page.locator(".field[data-saved] [name=password]")).to_be_visible()
    expect(page.locator(".field[data-saved] [name=message]")).to_be_visible()
    page.fill("[name=max_downloads]", "0")
    page.fill("[name=title]", "Holiday")
    expect(page.locator("[data-part=error-max_downloads]")).to_contain_text("at least 1")
    expect(page.locator("[name=max_downloads]")).to_have_attribute("aria-invalid", "true")
    expect(state).to_have_text("Not all changes are saved.")
    expect(summary).to_contain_text("9 downloads · password set")
    assert warns_before_leaving(page)
    page.fill("[name=max_downloads]", "7")
    page.keyboard.press("Tab")
    expect(summary).to_contain_text("7 downloads")
    expect(state).to_have_text("Saved")
    stored_share = share(page, site)
    assert (stored_share["max_downloads"], stored_share["message"], stored_share["title"]) == (7, "for you", "Holiday")
    assert stored_share["has_password"] is True
    assert not warns_before_leaving(page)


def test_a_custom_expiry_is_written_like_every_other_date(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    page.locator("details.options summary").click()
    now = datetime.now(UTC).astimezone()
    expiry = now + timedelta(days=40)
    page.select_option("[name=expires_in]", "own")
    page.fill("[name=expires_at]", f"{expiry:%Y-%m-%dT%H:%M}")
    page.keyboard.press("Tab")
    year = "" if expiry.year == now.year else f" {expiry.year}"
    summary = page.locator("[data-part=options-summary]")
    expect(summary).to_contain_text(f"Expires {expiry:%a} {expiry.day} {expiry:%b}{year}, {expiry:%H:%M} · no limit")
    assert share(page, site)["expires_at"] == f"{expiry.astimezone(UTC):%Y-%m-%dT%H:%M}:00Z"


def editing(url: str) -> bool:
    return re.search(r"/api/v1/shares/[^/]+$", url) is not None


def warns_before_leaving(page: Page) -> bool:
    """The prompt of the page when the browser leaves it."""
    script = "() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return bool(page.evaluate(script))


def test_an_option_that_makes_no_sense_stops_nothing_for_good(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    page.locator("details.options summary").click()
    page.fill("[name=max_downloads]", "-3")
    choose(page, tmp_path / "a.bin")
    expect_state(page, "failed")
    expect(page.locator("[data-part=error-max_downloads]")).to_contain_text("at least 1")
    page.fill("[name=max_downloads]", "3")
    page.locator("[data-part=alert-retry]").click()
    expect_state(page, "done")
    expect(page.locator("[data-part=error-max_downloads]")).to_be_hidden()
    assert share(page, site)["max_downloads"] == 3


def test_files_are_added_and_removed_while_others_go(page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "kept.bin", 12 * MIB)
    random_file(tmp_path / "gone.bin", 12 * MIB)
    late = random_file(tmp_path / "late.bin", 10)
    barrier = RequestBarrier(page, is_signed, allowed_requests=2)
    choose(page, tmp_path / "kept.bin", tmp_path / "gone.bin")
    link(page)
    row(page, "gone.bin").locator("[data-part=remove]").click()
    choose(page, tmp_path / "late.bin")
    expect(page.locator("[data-part=list] > li")).to_have_count(2)
    barrier.open()
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"kept.bin": expected, "late.bin": late}


def test_pause_stops_the_upload_and_it_can_be_continued(page: Page, site: Site, tmp_path: Path) -> None:
    page.clock.install()
    page.reload()
    expected = random_file(tmp_path / "a.bin", 48 * MIB)  # ten parts
    puts: list[str] = []
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    parts = collect_stored_parts(page)
    barrier = RequestBarrier(page, is_signed, allowed_requests=3)
    choose(page, tmp_path / "a.bin")
    wait_until(page, lambda: len(parts) == 3)
    expect(page.locator("[data-part=total-text]")).to_contain_text("B/s")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect_state(page, "pausing")
    page.get_by_role("button", name="Stop now", exact=True).click()
    expect_state(page, "paused")
    before = len(puts)
    barrier.open()
    page.clock.run_for(60_000)  # Whatever waits for its turn has it.
    page.evaluate("() => fetch('/healthz').then((answer) => answer.text())")
    assert len(puts) == before
    assert len(parts) == 3
    expect(row(page, "a.bin").locator("[data-part=note]")).to_contain_text("Paused at")
    page.locator("[data-part=resume]").click()
    expect_state(page, "done")
    assert len(puts) <= 10 + 5
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_one_file_is_paused_alone(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "big.bin", 22 * MIB)
    random_file(tmp_path / "small.bin", 10)
    barrier = RequestBarrier(page, is_multipart_part, allowed_requests=1)
    choose(page, tmp_path / "big.bin", tmp_path / "small.bin")
    wait_until(page, lambda: bool(barrier.pending_routes))
    page.get_by_role("button", name="Pause big.bin").click()
    page.get_by_role("button", name="Stop big.bin now").click()
    expect(row(page, "small.bin")).to_have_attribute("data-state", "ready")
    expect(row(page, "big.bin")).to_have_attribute("data-state", "paused")
    barrier.open()
    page.get_by_role("button", name="Resume big.bin").click()
    expect_state(page, "done")


def test_a_file_that_changes_under_way_is_named_and_the_rest_goes_on(page: Page, tmp_path: Path) -> None:
    random_file(tmp_path / "moving.bin", 100 * MIB)  # Of much less, all would have been read before it goes.
    random_file(tmp_path / "still.bin", 10)
    barrier = RequestBarrier(page, is_multipart_part, allowed_requests=1)
    choose(page, tmp_path / "moving.bin", tmp_path / "still.bin")
    link(page)
    (tmp_path / "moving.bin").unlink()
    barrier.open()
    expect_state(page, "failed")
    expect(row(page, "moving.bin").locator("[data-part=note]")).to_contain_text("can no longer be read")
    expect(row(page, "still.bin")).to_have_attribute("data-state", "ready")
    expect(page.locator("[data-part=headline]")).to_have_text("1 file couldn't be uploaded")


def test_leaving_while_sending_asks_first(page: Page, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 12 * MIB)
    barrier = RequestBarrier(page, is_signed, allowed_requests=1)
    choose(page, tmp_path / "a.bin")
    wait_until(page, lambda: bool(barrier.pending_routes))
    page.locator("[data-part=pause]").click()
    expect_state(page, "pausing")
    dialog_types: list[str] = []

    def stay(dialog: Dialog) -> None:
        dialog_types.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="My shares").click(no_wait_after=True)
    wait_until(page, lambda: bool(dialog_types))
    assert dialog_types == ["beforeunload"]
    expect_state(page, "pausing")


def test_the_link_stands_after_a_reload_and_after_the_way_back(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    address = link(page)
    last = page.get_by_role("textbox", name="Your last link")
    page.reload()
    expect(last).to_have_value(address)
    page.get_by_role("link", name="Manage this share").click()
    page.wait_for_url("**/shares/*/")
    page.go_back()
    expect(last).to_have_value(address)
    random_file(tmp_path / "b.bin", 10)
    choose(page, tmp_path / "b.bin")
    expect_state(page, "done")
    expect(last).to_be_hidden()
    page.get_by_role("button", name="New share").click()
    expect_state(page, "idle")
    page.wait_for_load_state("networkidle")
    expect(last).to_be_hidden()


def test_a_finished_file_that_was_removed_can_be_had_back(page: Page, site: Site, tmp_path: Path) -> None:
    page.clock.install()
    page.reload()
    expected = random_file(tmp_path / "a.bin", 10)
    random_file(tmp_path / "b.bin", 10)
    choose(page, tmp_path / "a.bin", tmp_path / "b.bin")
    expect_state(page, "done")
    for name in ("a.bin", "b.bin"):
        page.get_by_role("button", name=f"Remove {name}").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Undo: keep {name}")).to_be_focused()
    expect(page.locator("[data-part=headline]")).to_have_text("This share has no files anymore")
    page.get_by_role("button", name="Undo: keep a.bin").click()
    page.clock.run_for(11_000)
    expect(page.locator("[data-part=list] > li")).to_have_count(1)
    page.clock.run_for(11_000)
    expect(row(page, "a.bin")).to_have_attribute("data-state", "ready")
    wait_until(page, lambda: len(share(page, site)["files"]) == 1)
    assert fetch_page_files(page, site) == {"a.bin": expected}
    share_id = link(page).rpartition("/")[2]
    page.get_by_role("button", name="Remove a.bin").click()
    page.get_by_role("link", name="My shares").click()
    page.wait_for_url("**/shares/")
    wait_until(page, lambda: page.request.get(f"{site.url}/api/v1/shares/{share_id}").json()["files"] == [])


def test_a_refusal_names_the_remedy_and_offers_only_what_helps(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 10)
    random_file(tmp_path / ".DS_Store", 10)
    codes = ["quota-exceeded", "too-large"]

    def refuse(route: Route) -> None:
        route.fulfill(status=413, json={"code": codes[0], "detail": "No.", "title": "No", "status": 413})

    quota = {"left_bytes": 5, "left_files": 9}
    page.route("**/api/v1/shares", refuse)
    page.route("**/api/v1/me", lambda route: route.fulfill(json={"quota": quota}))
    choose(page, tmp_path / "a.bin", tmp_path / ".DS_Store")
    expect_state(page, "failed")
    expect(page.locator("[data-part=notes-text]")).to_contain_text("Skipped system files: “.DS_Store”")
    file_row = row(page, "a.bin")
    expect(file_row.locator("[data-part=note]")).to_contain_text("larger than your remaining space (5 bytes)")
    expect(file_row.get_by_role("link", name="My shares")).to_be_visible()
    quota["left_bytes"] = 10**9
    codes.pop(0)
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(file_row.locator("[data-part=note]")).to_have_text("No.")
    expect(file_row.get_by_role("link", name="My shares")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_86_chinese_letters_are_sent_shown_and_saved(page: Page, site: Site, tmp_path: Path) -> None:
    """No disk here takes such a name: the browser gets it as the file inputs of Windows and macOS give it."""
    name = "漢" * 86
    page.set_input_files("[data-part=files]", {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b"han"})
    expect_state(page, "done")
    expect(row(page, f"{name}.txt")).to_be_visible()
    page.goto(link(page))
    expect(page.get_by_text(f"{name}.txt").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    target = tmp_path / download.value.suggested_filename
    assert target.name == f"{'漢' * 83}.txt"
    download.value.save_as(target)
    assert target.read_bytes() == b"han"


def test_canceling_all_asks_and_deletes_the_share(page: Page, site: Site, tmp_path: Path) -> None:
    random_file(tmp_path / "a.bin", 12 * MIB)
    RequestBarrier(page, is_signed, allowed_requests=1)
    choose(page, tmp_path / "a.bin")
    address = link(page)
    cancel = page.locator("[data-part=cancel]")
    cancel.click()
    expect(cancel).to_have_text("Cancel this share?")
    cancel.click()
    expect_state(page, "idle")
    expect(page.locator("[data-part=link-box]")).to_be_hidden()
    expect_gone(page, address)


def test_another_machine_of_the_local_network_can_send(lan_page: Page, site: Site, tmp_path: Path) -> None:
    expected = random_file(tmp_path / "a.bin", 12 * MIB)
    assert lan_page.evaluate("() => [isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
    choose(lan_page, tmp_path / "a.bin")
    expect_state(lan_page, "done")
    address, _, share_id = link(lan_page).rpartition("/")
    assert address == f"{site.lan_url}/share"
    assert list(fetch_files(site, share_id).values()) == [expected]


def test_the_checksum_of_a_file_is_computed_during_the_upload(page: Page, site: Site, tmp_path: Path) -> None:
    """On a line that leaves time for it; by hand here, since loopback is never that slow."""
    expected = random_file(tmp_path / "big.bin", 12 * MIB)
    page.route("**/static/home.*.js", lambda route: route.abort())
    page.route("**/static/slow-line.js", slow_line)
    page.goto(site.url)
    page.evaluate("import('/static/slow-line.js').then(() => true)")
    choose(page, tmp_path / "big.bin")
    expect_state(page, "done")
    [file] = share(page, site)["files"]
    assert file["sha256"] == expected


def slow_line(route: Route) -> None:
    body = bundle("entry-points/home.js")
    for name, value in {
        "MAX_SHARE = 0.6": "MAX_SHARE = Infinity",
        "SHARE = 1 / 8": "SHARE = Infinity",
        "CORES = 4": "CORES = 1",
    }.items():
        assert name in body
        body = body.replace(name, value)  # as if sums cost nothing
    route.fulfill(body=body, content_type="text/javascript")
