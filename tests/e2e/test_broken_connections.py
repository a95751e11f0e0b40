"""A large file over a line that keeps breaking arrives whole and costs one unit: by the lines for curl and wget that
docs/fetching.md prints, and in Chromium by the button of the page.

``LINE_BYTES``, ``LINE_SECONDS`` (between two breaks) and ``LINE_RATE`` (bytes a second) set the length; ``make faults``
sends 5 GB over a line that breaks every minute, with addresses that live no longer.
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

from shares.services.downloads.page import LARGE
from sharesite.env import PROJECT
from tests.e2e import seed_data
from tests.e2e.clients.chrome_downloads import chromium, until
from tests.e2e.clients.curl_wget import Sent, shell
from tests.e2e.conftest import FLAGS
from tests.e2e.proxies.slow_proxy import BreakingLine
from tests.e2e.seed_data import Stored
from tests.e2e.site import Site
from tests.stack import Stack

SIZE = int(float(os.environ.get("LINE_BYTES", "20e6")))
SECONDS = float(os.environ.get("LINE_SECONDS", "0.8"))
RATE = float(os.environ.get("LINE_RATE", "8e6"))
# So many breaks are to be expected; fewer, and the line was no test.
BREAKS = int(SIZE / RATE / SECONDS * 0.6)
TIMEOUT_SECONDS = 60 + 4 * SIZE / RATE


class Afar(Site):
    """Its recipients reach the storage over the line; the sender does not."""

    def __init__(self, stack: Stack, line: BreakingLine) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "afar"
        self.log = self.folder / "web.log"
        self.environment |= {
            "SITE_DATA": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "S3_PUBLIC_ENDPOINT_URL": f"http://{{host}}:{line.port}",
            "DOWNLOAD_URL_SECONDS": "60",
        }


@pytest.fixture(scope="module")
def line(stack: Stack) -> Iterator[BreakingLine]:
    stack.need(stack.storage)
    line = BreakingLine(stack.storage.ports["s3"], seconds=SECONDS, rate=RATE)
    yield line
    line.close()


@pytest.fixture(scope="module")
def afar(stack: Stack, line: BreakingLine) -> Iterator[Site]:
    with Afar(stack, line).running() as site:
        yield site


@pytest.fixture(scope="module")
def video_file(afar: Site) -> Iterator[Stored]:
    video_file = seed_data.stored("film.bin", SIZE)
    yield video_file
    seed_data.clear([video_file])


def loop(program: str) -> str:
    """The line as it is printed, for this file and, in the short form, for somebody in a hurry."""
    lines = re.findall(rf"^until {program} .*$", (PROJECT / "docs" / "fetching.md").read_text(), re.MULTILINE)
    assert len(lines) == 1
    command: str = lines[0]
    return command if SECONDS > 10 else re.sub(r"sleep \d+", "sleep 0.2", command)


START_COMMANDS = {
    "curl": "curl -fsS -c pass -o answer -d ''",
    "wget": "wget -q --max-redirect=0 --save-cookies wget-pass --post-data=",
}


def fetch(program: str, share: Sent, folder: Path) -> Path:
    folder.mkdir()
    shell(folder, f"{START_COMMANDS[program]} {share.file(0, 'download')}", status=8 if program == "wget" else 0)
    command = loop(program).replace("https://share.example/share/ID/files/FILE/content", share.file(0, "content"))
    quiet = re.sub(rf"until {program} ", rf"until {program} {'-sS' if program == 'curl' else '-q'} ", command)
    shell(folder, quiet.replace("NAME", "film.bin"), seconds=TIMEOUT_SECONDS)
    return folder / "film.bin"


def press(page: Page, share: Sent) -> None:
    page.goto(share.link)
    button = page.get_by_role("button", name="Download film.bin")
    if SIZE < LARGE:
        # The short form's file is not one that the page would mend.
        button.evaluate("(button, id) => { button.dataset.large = id; }", share.files[0])
    button.click()


def wait_until_saved(page: Page, path: Path) -> Path:
    status = page.locator("[data-archive-progress] [role=status]")
    expect(status).to_have_text("Done. Your file has been saved.", timeout=TIMEOUT_SECONDS * 1000)
    until(path.exists, seconds=60)
    return path


def whole(path: Path, video_file: Stored) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == video_file.sha256()


@pytest.mark.long
def test_a_large_file_arrives_over_a_line_that_keeps_breaking(
    afar: Site, line: BreakingLine, video_file: Stored, browser: Browser, tmp_path: Path
) -> None:
    share = seed_data.share_of(afar, [video_file, seed_data.stored("cover.jpg", 1000)], tmp_path, max_downloads=3)
    start = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(fetch, program, share, tmp_path / program) for program in START_COMMANDS]
        with chromium(browser.browser_type, tmp_path, FLAGS) as recipient:
            page = recipient.contexts[0].new_page()
            press(page, share)
            mended = wait_until_saved(page, tmp_path / "saved" / "film.bin")
        paths = [mended, *(future.result() for future in running)]
    seconds = time.monotonic() - start
    for path in paths:
        assert whole(path, video_file)
        path.unlink()
    downloads, grants, signed_urls = share.counts()
    print(
        f"\n{SIZE} bytes three times in {seconds:.0f} s, {line.breaks} breaks, {line.carried / SIZE:.3f} files carried,"
    )
    print(f"{downloads} units, {grants} grants, {signed_urls} addresses, statuses {sorted(set(line.statuses))}")
    assert (downloads, grants) == (3, 3)
    assert line.breaks >= 3 * BREAKS
    # What was under way at a break is sent again, and nothing else.
    assert line.carried < 3 * SIZE + line.breaks * 4e6
