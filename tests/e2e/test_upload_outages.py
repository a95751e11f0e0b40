"""Sending while things break: the storage dies, the line goes away, the site restarts."""

import os
import signal
from pathlib import Path

from playwright.sync_api import Page, Request, Route, expect

from shares.storage import share_storage
from tests.e2e.sending import choose, expect_state, random_file, received, row, stored_parts, wait_until
from tests.e2e.site import Site
from tests.stack import Stack

MIB = 1024 * 1024


def half_way(page: Page, path: Path, *, parts: int = 3) -> tuple[str, list[Request]]:
    """Sends 200 MiB until so many parts are stored: the file's SHA-256, and the parts that storage has taken."""
    expected = random_file(path, 200 * MIB)
    stored = stored_parts(page)
    choose(page, path)
    wait_until(page, lambda: len(stored) >= parts)
    return expected, stored


def test_a_restart_of_the_storage_half_way_is_survived(page: Page, site: Site, stack: Stack, tmp_path: Path) -> None:
    expected, stored = half_way(page, tmp_path / "a.bin")
    stack.storage.kill()
    assert len(stored) < 13
    expect_state(page, "offline")
    expect(page.locator("[data-part=headline]")).to_have_text("Waiting for the network, will go on by itself")
    expect(row(page, "a.bin").locator("[data-part=note]")).to_contain_text("waiting for the network")
    with (stack.folder / "storage.log").open("ab") as log:
        stack.storage.start(log)
    stack.need(stack.storage)
    expect_state(page, "done", minutes=2)
    assert received(page, site) == {"a.bin": expected}


def test_a_storage_that_falls_silent_is_cut_off_and_asked_again(
    page: Page, site: Site, stack: Stack, tmp_path: Path
) -> None:
    page.clock.install()
    page.reload()
    failed: list[Request] = []
    # Playwright marks its handlers, which a built-in method does not bear.
    page.on("requestfailed", lambda request: failed.append(request))  # noqa: PLW0108
    expected, _ = half_way(page, tmp_path / "a.bin")
    os.killpg(stack.storage.pid, signal.SIGSTOP)
    try:
        page.wait_for_timeout(2000)
        assert failed == []
        page.clock.fast_forward(61_000)
        expect_state(page, "offline")
        assert 1 <= len(failed) <= 8
    finally:
        os.killpg(stack.storage.pid, signal.SIGCONT)
    expect_state(page, "done")
    assert received(page, site) == {"a.bin": expected}


def test_going_offline_and_coming_back_is_survived(page: Page, site: Site, tmp_path: Path) -> None:
    expected, _ = half_way(page, tmp_path / "a.bin")
    page.context.set_offline(True)
    expect_state(page, "offline")
    page.wait_for_timeout(2000)
    page.context.set_offline(False)
    expect_state(page, "done")
    assert received(page, site) == {"a.bin": expected}


def test_a_restart_of_the_site_is_survived(page: Page, site: Site, tmp_path: Path) -> None:
    expected, _ = half_way(page, tmp_path / "a.bin", parts=2)
    site.stop()
    page.wait_for_timeout(3000)
    site.start()
    expect_state(page, "done", minutes=1)
    assert received(page, site) == {"a.bin": expected}


def test_a_worker_whose_script_does_not_come_is_hired_again(page: Page, site: Site, tmp_path: Path) -> None:
    """As when the site restarts in the very second in which the first file is chosen."""
    expected = random_file(tmp_path / "a.bin", 20 * MIB)
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
    assert received(page, site) == {"a.bin": expected}


def test_a_storage_that_refuses_this_page_is_told_from_a_dead_line(
    page: Page, site: Site, stack: Stack, tmp_path: Path
) -> None:
    expected = random_file(tmp_path / "a.bin", 20 * MIB)
    cures: list[str] = []
    page.on("console", lambda line: cures.append(line.text) if "manage.py" in line.text else None)
    share_storage().setup(["http://elsewhere.test"])
    choose(page, tmp_path / "a.bin")
    expect(page.locator("[data-part=trouble]")).to_contain_text("does not let this page send to it", timeout=30_000)
    assert len(cures) == 1
    assert "manage.py storage setup" in cures[0]
    share_storage().setup([site.url, site.lan_url])
    expect_state(page, "done", minutes=2)
    expect(page.locator("[data-part=trouble]")).to_be_hidden()
    assert received(page, site) == {"a.bin": expected}
