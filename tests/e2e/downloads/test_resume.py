"""A download over a connection that breaks arrives intact and takes one download, with each kind of client."""

import hashlib
import random
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.clients.chrome_downloads import ChromeDownloads, chromium, until
from tests.e2e.clients.curl_wget import SentShare, put, run, shell
from tests.e2e.conftest import FLAGS
from tests.e2e.proxies.flaky_proxy import FlakyProxy
from tests.e2e.site import Site
from tests.stack import Stack

SIZE = 3_000_000
URL_SECONDS = 0.5


class FlakySite(Site):
    def __init__(self, stack: Stack, proxy: FlakyProxy) -> None:
        super().__init__(stack)
        self.folder = stack.folder / "badly-connected"
        self.log = self.folder / "web.log"
        self.environment["SITE_DATA"] = str(self.folder)
        self.environment["DATABASE_URL"] = f"sqlite:///{self.folder}/db.sqlite3"
        self.environment["S3_PUBLIC_ENDPOINT_URL"] = f"http://{{host}}:{proxy.port}"

    def console_environment(self) -> Mapping[str, str]:
        """The sender's connection does not break."""
        return self.environment | {"S3_PUBLIC_ENDPOINT_URL": self.stack.storage_url}


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[FlakyProxy]:
    stack.need(stack.storage)
    proxy = FlakyProxy(stack.storage.ports["s3"], breaks_after=800_000, url_seconds=URL_SECONDS)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def distant_site(stack: Stack, proxy: FlakyProxy) -> Iterator[Site]:
    with FlakySite(stack, proxy).running() as site:
        yield site


def is_intact(path: Path) -> bool:
    return hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(random.Random(1).randbytes(SIZE)).digest()


def reset_proxy(proxy: FlakyProxy, *, url_seconds: float = URL_SECONDS) -> tuple[int, int]:
    """Prepare the proxy for the next download: returns its breaks and refused requests so far."""
    proxy.url_seconds = url_seconds
    return proxy.breaks, proxy.refused_requests


# Each stores its cookies in its own format: wget takes curl's line of an HttpOnly cookie for a comment.
CURL = ("curl -fsS -c pass -o answer -d ''", "curl -fsSL -C - -b pass -o big.bin")
WGET = ("wget -q --max-redirect=0 --save-cookies pass --post-data=", "wget -qc --load-cookies pass -O big.bin")


@pytest.mark.parametrize("program", [CURL, WGET], ids=["curl", "wget"])
def test_programs_go_on_at_the_address_of_the_file(
    distant_site: Site, proxy: FlakyProxy, tmp_path: Path, program: tuple[str, str]
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = reset_proxy(proxy)
    start_command, fetch = program
    shell(tmp_path, f"{start_command} {share.link}/download", status=8 if program is WGET else 0)
    resume_command = f"{fetch} {share.file(0, 'content')}"
    shell(tmp_path, f"for turn in 1 2 3 4 5 6 7 8; do {resume_command} && exit; sleep 1; done; exit 1")
    assert is_intact(tmp_path / "big.bin")
    assert proxy.breaks - breaks == 3  # Each request continues where the previous one broke; nothing is sent twice.
    downloads, grants, signed_urls = share.counts()
    assert (downloads, grants) == (1, 1)
    assert signed_urls >= 4
    stranger = tmp_path / "elsewhere"
    stranger.mkdir()
    assert "410" in run(stranger, "curl", "-fsSL", share.file(0, "content"), status=22).stderr


def test_an_address_in_storage_alone_is_of_no_use_once_it_is_dead(
    distant_site: Site, proxy: FlakyProxy, tmp_path: Path
) -> None:
    """Why programs request this site again: wget by itself retries the last URL, and gives up."""
    share = put(distant_site, ("big.bin", SIZE))
    _, refused_before = reset_proxy(proxy)
    start_command, fetch = WGET
    shell(tmp_path, f"{start_command} {share.link}/download", status=8)
    shell(tmp_path, f"{fetch} --tries=5 --waitretry=1 {share.file(0, 'content')}", status=8)
    assert proxy.refused_requests == refused_before + 1


def test_curl_s_own_retries_start_over(distant_site: Site, proxy: FlakyProxy, tmp_path: Path) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = reset_proxy(proxy)
    retrying = "curl -fsSLOJ -b '' --retry 3 --retry-all-errors --retry-delay 1 -d ''"
    shell(tmp_path, f"{retrying} {share.link}/download", status=56)
    assert proxy.breaks == breaks + 4
    assert set(proxy.ranges[-4:]) == {""}
    assert share.counts()[:2] == (1, 1)


def has_broken(proxy: FlakyProxy, times: int) -> bool:
    return proxy.breaks == times


@pytest.fixture
def chrome(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    with chromium(browser.browser_type, tmp_path, FLAGS) as chrome:
        yield chrome


def press_download(chrome: Browser, share: SentShare) -> None:
    page = chrome.contexts[0].new_page()
    page.goto(share.link)
    page.get_by_role("button", name="Download").first.click()


def test_chromium_resumes_while_the_url_is_valid(
    distant_site: Site, proxy: FlakyProxy, chrome: Browser, tmp_path: Path
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    breaks, _ = reset_proxy(proxy, url_seconds=60)
    press_download(chrome, share)
    downloads_page = ChromeDownloads(chrome)
    for turn in (1, 2, 3):
        until(partial(has_broken, proxy, breaks + turn))
        downloads_page.expect_text("Failed")
        downloads_page.resume()
    until((tmp_path / "saved" / "big.bin").exists)
    assert is_intact(tmp_path / "saved" / "big.bin")
    assert share.counts() == (1, 1, 1)


def test_after_that_chromium_starts_again_under_the_same_download(
    distant_site: Site, proxy: FlakyProxy, chrome: Browser, tmp_path: Path
) -> None:
    share = put(distant_site, ("big.bin", SIZE), max_downloads=1)
    reset_proxy(proxy)
    press_download(chrome, share)
    downloads_page = ChromeDownloads(chrome)
    downloads_page.expect_text("Failed")
    time.sleep(URL_SECONDS)
    downloads_page.resume()
    downloads_page.expect_text("Forbidden")
    assert not downloads_page.can_resume()
    press_download(chrome, share)
    assert share.counts()[:2] == (1, 1)
