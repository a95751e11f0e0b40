"""A download over a line that breaks arrives whole, and costs one unit: what each kind of recipient does about it."""

import hashlib
import random
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.clients.chrome_downloads import Shelf, chromium, until
from tests.e2e.clients.curl_wget import Sent, put, run, shell
from tests.e2e.conftest import FLAGS
from tests.e2e.proxies.flaky_proxy import WeakLine
from tests.e2e.site import Site
from tests.stack import Stack

SIZE = 3_000_000
URL_SECONDS = 0.5


class BadlyConnected(Site):
    def __init__(self, stack: Stack, line: WeakLine) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "badly-connected"
        self.log = self.folder / "web.log"
        self.environment["SITE_DATA"] = str(self.folder)
        self.environment["DATABASE_URL"] = f"sqlite:///{self.folder}/db.sqlite3"
        self.environment["S3_PUBLIC_ENDPOINT_URL"] = f"http://{{host}}:{line.port}"

    def console_environment(self) -> Mapping[str, str]:
        """The sender's line is a good one."""
        return self.environment | {"S3_PUBLIC_ENDPOINT_URL": self.stack.storage_url}


@pytest.fixture(scope="module")
def line(stack: Stack) -> Iterator[WeakLine]:
    stack.need(stack.storage)
    line = WeakLine(stack.storage.ports["s3"], breaks_after=800_000, url_seconds=URL_SECONDS)
    yield line
    line.close()


@pytest.fixture(scope="module")
def distant_site(stack: Stack, line: WeakLine) -> Iterator[Site]:
    with BadlyConnected(stack, line).running() as site:
        yield site


def whole(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(random.Random(1).randbytes(SIZE)).digest()


def strain(line: WeakLine, *, url_seconds: float = URL_SECONDS) -> tuple[int, int]:
    """The line as it is for the next download: breaks and dead addresses so far."""
    line.url_seconds = url_seconds
    return line.breaks, line.refused


# Each keeps its pass in its own way: wget takes what curl notes down of a cookie that no script may read for a comment.
CURL = ("curl -fsS -c pass -o answer -d ''", "curl -fsSL -C - -b pass -o big.bin")
WGET = ("wget -q --max-redirect=0 --save-cookies pass --post-data=", "wget -qc --load-cookies pass -O big.bin")


@pytest.mark.parametrize("program", [CURL, WGET], ids=["curl", "wget"])
def test_programs_go_on_at_the_address_of_the_file(
    distant_site: Site, line: WeakLine, tmp_path: Path, program: tuple[str, str]
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = strain(line)
    start_command, fetch = program
    shell(tmp_path, f"{start_command} {share.link}/download", status=8 if program is WGET else 0)
    resume_command = f"{fetch} {share.file(0, 'content')}"
    shell(tmp_path, f"for turn in 1 2 3 4 5 6 7 8; do {resume_command} && exit; sleep 1; done; exit 1")
    assert whole(tmp_path / "big.bin")
    assert line.breaks - breaks == 3  # Each stretch went on where the former ended; none was sent twice.
    downloads, grants, signed_urls = share.counts()
    assert (downloads, grants) == (1, 1)
    assert signed_urls >= 4
    stranger = tmp_path / "elsewhere"
    stranger.mkdir()
    assert "410" in run(stranger, "curl", "-fsSL", share.file(0, "content"), status=22).stderr


def test_an_address_in_storage_alone_is_of_no_use_once_it_is_dead(
    distant_site: Site, line: WeakLine, tmp_path: Path
) -> None:
    """Why programs ask this site again: wget by itself tries the last address, and gives up."""
    share = put(distant_site, ("big.bin", SIZE))
    _, refused_before = strain(line)
    start_command, fetch = WGET
    shell(tmp_path, f"{start_command} {share.link}/download", status=8)
    shell(tmp_path, f"{fetch} --tries=5 --waitretry=1 {share.file(0, 'content')}", status=8)
    assert line.refused == refused_before + 1


def test_curl_s_own_retries_start_over(distant_site: Site, line: WeakLine, tmp_path: Path) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = strain(line)
    retrying = "curl -fsSLOJ -b '' --retry 3 --retry-all-errors --retry-delay 1 -d ''"
    shell(tmp_path, f"{retrying} {share.link}/download", status=56)
    assert line.breaks == breaks + 4
    assert set(line.ranges[-4:]) == {""}
    assert share.counts()[:2] == (1, 1)


def broken(line: WeakLine, times: int) -> bool:
    return line.breaks == times


@pytest.fixture
def chrome(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    with chromium(browser.browser_type, tmp_path, FLAGS) as chrome:
        yield chrome


def press_download(chrome: Browser, share: Sent) -> None:
    page = chrome.contexts[0].new_page()
    page.goto(share.link)
    page.get_by_role("button", name="Download").first.click()


def test_chromium_resumes_while_the_address_lives(
    distant_site: Site, line: WeakLine, chrome: Browser, tmp_path: Path
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = strain(line, url_seconds=60)
    press_download(chrome, share)
    downloads_page = Shelf(chrome)
    for turn in (1, 2, 3):
        until(partial(broken, line, breaks + turn))
        downloads_page.says("Failed")
        downloads_page.resume()
    until((tmp_path / "saved" / "big.bin").exists)
    assert whole(tmp_path / "saved" / "big.bin")
    assert share.counts() == (1, 1, 1)


def test_after_that_chromium_starts_again_under_the_same_download(
    distant_site: Site, line: WeakLine, chrome: Browser, tmp_path: Path
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    strain(line)
    press_download(chrome, share)
    downloads_page = Shelf(chrome)
    downloads_page.says("Failed")
    time.sleep(URL_SECONDS)
    downloads_page.resume()
    downloads_page.says("Forbidden")
    assert not downloads_page.can_resume()
    press_download(chrome, share)
    assert share.counts()[:2] == (1, 1)
