"""A large file over a connection that keeps breaking arrives intact and takes one download: with the commands for curl
and wget in docs/fetching.md, and in Chromium with the button of the page.

``LINE_BYTES``, ``LINE_SECONDS`` (between two breaks) and ``LINE_RATE`` (bytes a second) set the length; ``make faults``
sends 5 GB over a connection that breaks every minute, with URLs that are valid no longer.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from shares.services.downloads.page import LARGE_BYTES
from sharesite.env import PROJECT
from tests.e2e import seed_data
from tests.e2e.clients.chrome_downloads import chromium, until
from tests.e2e.clients.curl_wget import SentShare, shell
from tests.e2e.conftest import FLAGS
from tests.e2e.proxies.slow_proxy import BreakingProxy
from tests.e2e.seed_data import StoredFile
from tests.e2e.site import Site
from tests.stack import Stack

SIZE = int(float(os.environ.get("LINE_BYTES", "20e6")))
SECONDS = float(os.environ.get("LINE_SECONDS", "0.8"))
RATE = float(os.environ.get("LINE_RATE", "8e6"))
# With fewer breaks than these, the run would prove nothing.
BREAKS = int(SIZE / RATE / SECONDS * 0.6)
TIMEOUT_SECONDS = 60 + 4 * SIZE / RATE


class BreakingSite(Site):
    """Its recipients reach the storage through the proxy; the sender does not."""

    def __init__(self, stack: Stack, proxy: BreakingProxy) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "afar"
        self.log = self.folder / "web.log"
        self.environment |= {
            "SITE_DATA": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{proxy.port}",
            "DOWNLOAD_URL_SECONDS": "60",
        }


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[BreakingProxy]:
    stack.need(stack.storage)
    proxy = BreakingProxy(stack.storage.ports["s3"], seconds=SECONDS, rate=RATE)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def breaking_site(stack: Stack, proxy: BreakingProxy) -> Iterator[Site]:
    with BreakingSite(stack, proxy).running() as site:
        yield site


@pytest.fixture(scope="module")
def video_file(breaking_site: Site) -> Iterator[StoredFile]:
    video_file = seed_data.store("film.bin", SIZE)
    yield video_file
    seed_data.clear([video_file])


def read_loop_command(program: str) -> str:
    """The command as the page prints it; the short form sleeps less."""
    lines = re.findall(rf"^until {program} .*$", (PROJECT / "docs" / "fetching.md").read_text(), re.MULTILINE)
    assert len(lines) == 1
    command: str = lines[0]
    return command if SECONDS > 10 else re.sub(r"sleep \d+", "sleep 0.2", command)


START_COMMANDS = {
    "curl": "curl -fsS -c pass -o answer -d ''",
    "wget": "wget -q --max-redirect=0 --save-cookies wget-pass --post-data=",
}


def fetch(program: str, share: SentShare, folder: Path) -> Path:
    folder.mkdir()
    shell(folder, f"{START_COMMANDS[program]} {share.file(0, 'download')}", status=8 if program == "wget" else 0)
    command = read_loop_command(program).replace(
        "https://share.example/share/ID/files/FILE/content", share.file(0, "content")
    )
    quiet = re.sub(rf"until {program} ", rf"until {program} {'-sS' if program == 'curl' else '-q'} ", command)
    shell(folder, quiet.replace("NAME", "film.bin"), seconds=TIMEOUT_SECONDS)
    return folder / "film.bin"


def press_download(page: Page, share: SentShare) -> None:
    page.goto(share.link)
    button = page.get_by_role("button", name="Download film.bin")
    if SIZE < LARGE_BYTES:
        # The file of the short form is too small for the page to resume it.
        button.evaluate("(button, id) => { button.dataset.large = id; }", share.files[0])
    button.click()


def wait_until_saved(page: Page, path: Path) -> Path:
    status = page.locator("[data-archive-progress] [role=status]")
    expect(status).to_have_text("Done. Your file has been saved.", timeout=TIMEOUT_SECONDS * 1000)
    until(path.exists, seconds=60)
    return path


def is_intact(path: Path, video_file: StoredFile) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == video_file.sha256()


@pytest.mark.long
def test_a_large_file_arrives_over_a_connection_that_keeps_breaking(
    breaking_site: Site, proxy: BreakingProxy, video_file: StoredFile, browser: Browser, tmp_path: Path
) -> None:
    share = seed_data.share_of(
        breaking_site, [video_file, seed_data.store("cover.jpg", 1000)], tmp_path, max_downloads=3
    )
    start = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(fetch, program, share, tmp_path / program) for program in START_COMMANDS]
        with chromium(browser.browser_type, tmp_path, FLAGS) as recipient:
            page = recipient.contexts[0].new_page()
            press_download(page, share)
            page_path = wait_until_saved(page, tmp_path / "saved" / "film.bin")
        paths = [page_path, *(future.result() for future in running)]
    seconds = time.monotonic() - start
    for path in paths:
        assert is_intact(path, video_file)
        path.unlink()
    downloads, grants, signed_urls = share.counts()
    print(f"\n{SIZE} bytes three times in {seconds:.0f} s, {proxy.breaks} breaks,", end="")
    print(f" {proxy.transferred_bytes / SIZE:.3f} files transferred,")
    print(f"{downloads} downloads, {grants} grants, {signed_urls} URLs, statuses {sorted(set(proxy.statuses))}")
    assert (downloads, grants) == (3, 3)
    assert proxy.breaks >= 3 * BREAKS
    # Only what was on its way at a break is sent again.
    assert proxy.transferred_bytes < 3 * SIZE + proxy.breaks * 4e6
