"""Uploading during outages: the storage dies, the network goes down, the site restarts."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Page, Request, Route, expect

from shares.storage import share_storage
from tests.e2e.site import Site
from tests.e2e.upload_page import (
    RequestBarrier,
    choose,
    collect_stored_parts,
    expect_state,
    fetch_page_files,
    is_signed,
    random_file,
    row,
    wait_until,
)
from tests.stack import Stack

MIB = 1024 * 1024


def half_way(page: Page, path: Path) -> tuple[str, RequestBarrier]:
    """Send seven parts until three are stored; returns the SHA-256 and the barrier that holds back the others."""
    expected = random_file(path, 32 * MIB)
    barrier = RequestBarrier(page, is_signed, allowed_requests=3)
    parts = collect_stored_parts(page)
    choose(page, path)
    wait_until(page, lambda: len(parts) == 3)
    return expected, barrier


def test_a_restart_of_the_storage_half_way_is_survived(page: Page, site: Site, stack: Stack, tmp_path: Path) -> None:
    expected, barrier = half_way(page, tmp_path / "a.bin")
    stack.storage.kill()
    barrier.open()
    expect_state(page, "offline")
    expect(page.locator("[data-part=headline]")).to_have_text("Offline. Uploads resume automatically.")
    expect(row(page, "a.bin").locator("[data-part=note]")).to_contain_text("Offline")
    with (stack.folder / "storage.log").open("ab") as log:
        stack.storage.start(log)
    stack.need(stack.storage)
    expect_state(page, "done", minutes=2)
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_a_storage_that_stops_responding_is_aborted_and_retried(
    page: Page, site: Site, stack: Stack, tmp_path: Path
) -> None:
    page.clock.install()
    page.reload()
    failed: list[Request] = []
    # Playwright marks its handlers, which a built-in method does not bear.
    page.on("requestfailed", lambda request: failed.append(request))  # noqa: PLW0108
    expected, barrier = half_way(page, tmp_path / "a.bin")
    os.killpg(stack.storage.pid, signal.SIGSTOP)
    try:
        barrier.open()
        page.clock.fast_forward(20_000)
        assert failed == []

        def cut() -> bool:
            # Bytes that the connection still accepts restart the wait.
            if not failed:
                page.clock.fast_forward(61_000)
            return bool(failed)

        wait_until(page, cut)
        expect_state(page, "offline")
        assert 1 <= len(failed) <= 8
    finally:
        os.killpg(stack.storage.pid, signal.SIGCONT)
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_going_offline_and_coming_back_is_survived(page: Page, site: Site, tmp_path: Path) -> None:
    page.clock.install()
    page.reload()
    expected, barrier = half_way(page, tmp_path / "a.bin")
    page.context.set_offline(True)
    barrier.open()
    expect_state(page, "offline")
    page.clock.run_for(10_000)  # tries that fail
    expect_state(page, "offline")
    page.context.set_offline(False)
    expect_state(page, "done")
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_a_restart_of_the_site_is_survived(page: Page, site: Site, tmp_path: Path) -> None:
    expected, barrier = half_way(page, tmp_path / "a.bin")
    site.stop()
    with page.expect_event("requestfailed", lambda request: request.url.startswith(site.url), timeout=60_000):
        barrier.open()
    site.start()
    expect_state(page, "done", minutes=1)
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_a_worker_whose_script_does_not_come_is_hired_again(page: Page, site: Site, tmp_path: Path) -> None:
    """As when the site restarts in the very second in which the first file is chosen."""
    expected = random_file(tmp_path / "a.bin", 6 * MIB)
    lost: list[Route] = []

    def lose_two(route: Route) -> None:
        if len(lost) == 2:
            route.continue_()
        else:
            lost.append(route)
            route.abort()

    page.route("**/digest-worker*.js", lose_two)
    choose(page, tmp_path / "a.bin")
    expect_state(page, "done")
    assert len(lost) == 2
    assert fetch_page_files(page, site) == {"a.bin": expected}


def test_a_rejected_origin_is_distinguished_from_a_dead_connection(
    page: Page, site: Site, stack: Stack, tmp_path: Path
) -> None:
    expected = random_file(tmp_path / "a.bin", 6 * MIB)
    remedies: list[str] = []
    page.on("console", lambda line: remedies.append(line.text) if "manage.py" in line.text else None)
    share_storage().setup(["http://elsewhere.test"])
    choose(page, tmp_path / "a.bin")
    expect(page.locator("[data-part=problem]")).to_contain_text("doesn't accept uploads from this page", timeout=30_000)
    assert len(remedies) == 1
    assert "manage.py storage setup" in remedies[0]
    share_storage().setup([site.url, site.lan_url])
    expect_state(page, "done", minutes=2)
    expect(page.locator("[data-part=problem]")).to_be_hidden()
    assert fetch_page_files(page, site) == {"a.bin": expected}
