"""Archives of large files and of many: both kinds open everywhere, have their declared length, and use little memory.

``ARCHIVES=long`` uses the sizes that the product promises: 3 GiB in 40 files, the same beside a file of over 4 GiB (so
that ZIP64 is needed for sizes and for offsets), and 10,000 files. ``make archives`` runs that.
"""

import hashlib
import os
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from shares.models import SharedFile
from shares.services.downloads import archives
from shares.services.downloads.prefetch import Prefetcher
from tests.e2e import seed_data
from tests.e2e.clients.curl_wget import SentShare, shell
from tests.e2e.downloads import memory_meter
from tests.e2e.pages.accessibility import wait_ready
from tests.e2e.seed_data import MIB, StoredFile
from tests.e2e.site import Site

LONG = os.environ.get("ARCHIVES") == "long"
GIB = 1024 * MIB
TIMEOUT_MS = 900_000 if LONG else 60_000
# What a stream needs for its buffers, whatever the length.
SERVER_MIB, BROWSER_MIB = 64, 300


def large(total: int) -> list[tuple[str, str, int]]:
    """Forty files in folders, none a round number of bytes."""
    return [(f"disc {n % 4}", f"recording {n}.bin", total // 40 + n - 20) for n in range(40)]


def small(number: int) -> list[tuple[str, str, int]]:
    return [(f"day {n % 30}", f"picture {n}.jpg", 100 + n % 4000) for n in range(number)]


# More than the browser may grow by: an archive in memory would exceed it.
SHARES = {"large": large(3 * GIB if LONG else 320 * MIB), "many": small(10_000 if LONG else 200)}
if LONG:
    SHARES["beyond"] = [("", "film.bin", 4 * GIB + 5), *large(3 * GIB)]


@pytest.fixture(scope="module", params=SHARES)
def prepared_share(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[SentShare, list[StoredFile]]]:
    files = seed_data.store_files(SHARES[request.param])
    yield seed_data.share_of(site, files, tmp_path_factory.mktemp("rows")), files
    seed_data.clear(files)


def check(path: Path, files: Sequence[StoredFile], announced: int) -> None:
    """Python's reader checks names, bytes and sums; the others, that they can open it."""
    assert path.stat().st_size == announced
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [file.full_name for file in files]
        for info, file in zip(archive.infolist(), files, strict=True):
            with archive.open(info) as entry:
                assert hashlib.file_digest(entry, "sha256").hexdigest() == file.sha256()  # type: ignore[arg-type]
    for program in ("unzip -tqq", "7z t -bso0 -bsp0"):
        shell(path.parent, f"{program} '{path}'", seconds=600)


def report(name: str, files: Sequence[StoredFile], seconds: float, usage: memory_meter.MemoryUsage) -> None:
    size = sum(file.size for file in files)
    pace = f"{size / MIB:.0f} MiB in {seconds:.1f} s, {size / MIB / seconds:.0f} MiB/s"
    print(f"\n{name}: {len(files)} files, {pace}; {usage}")


def test_the_browsers_own(prepared_share: tuple[SentShare, list[StoredFile]], site: Site, browser: Browser) -> None:
    share, files = prepared_share
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.goto(share.link)
    wait_ready(page)
    assert site.process is not None
    start = time.monotonic()
    with memory_meter.measure_memory(
        browser=memory_meter.chromium(browser), server=memory_meter.server(site.process.pid)
    ) as usage:
        response, path = save_archive(page)
        seconds = memory_meter.seconds_since(start)
    report("service worker", files, seconds, usage)
    assert response.from_service_worker
    check(path, files, int(response.headers["content-length"]))
    assert share.counts()[1] == 1
    assert usage.grown_mib("browser") < BROWSER_MIB
    assert usage.grown_mib("server") < SERVER_MIB
    context.close()


def save_archive(page: Page) -> tuple[Response, Path]:
    with page.expect_response(re.compile(r"/archive/[0-9a-f]+-")) as response, page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    status = page.locator("[data-archive-progress] [role=status]")
    expect(status).to_have_text("Done. Your ZIP has been saved.", timeout=TIMEOUT_MS)
    return response.value, Path(download.value.path())


def test_the_servers_without_scripts(
    prepared_share: tuple[SentShare, list[StoredFile]], site: Site, browser: Browser
) -> None:
    share, files = prepared_share
    context = browser.new_context(accept_downloads=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(share.link)
    assert site.process is not None
    start = time.monotonic()
    with memory_meter.measure_memory(
        browser=memory_meter.chromium(browser), server=memory_meter.server(site.process.pid)
    ) as usage:
        with page.expect_response(f"{share.link}/download") as response, page.expect_download() as download:
            page.get_by_role("button", name="Download all").click()
        path = Path(download.value.path())
        seconds = memory_meter.seconds_since(start)
    report("server", files, seconds, usage)
    check(path, files, int(response.value.headers["content-length"]))
    assert usage.grown_mib("server") < SERVER_MIB
    assert usage.grown_mib("browser") < BROWSER_MIB
    context.close()


@pytest.mark.parametrize("prepared_share", ["large"], indirect=True)
def test_a_slow_reader_costs_the_server_no_memory(
    prepared_share: tuple[SentShare, list[StoredFile]], site: Site, tmp_path: Path
) -> None:
    """What is not read yet stays in the storage."""
    share, _ = prepared_share
    assert site.process is not None
    with memory_meter.measure_memory(server=memory_meter.server(site.process.pid)) as usage:
        line = f"curl -fsS --limit-rate 4M -m 5 -o slow.zip -d '' {share.link}/download"
        shell(tmp_path, line, status=28)
    assert 8 * MIB < (tmp_path / "slow.zip").stat().st_size < 64 * MIB
    assert usage.grown_mib("server") < SERVER_MIB


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file_that_is_gone_breaks_the_archive_off_for_all_to_see(
    site: Site, browser: Browser, tmp_path: Path, scripts: bool
) -> None:
    """It is never silently incomplete: the browser saves nothing, and curl fails."""
    files = seed_data.store_files([("", "a.bin", 3 * MIB), ("", "b.bin", 3 * MIB), ("", "c.bin", 3 * MIB)])
    share = seed_data.share_of(site, files, tmp_path)
    seed_data.clear(files[1:2])
    context = browser.new_context(accept_downloads=True, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(share.link)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    assert download.value.failure()
    if scripts:
        expect(page.locator("[data-archive-progress]")).to_contain_text("“b.bin” is no longer in storage")
    context.close()
    shell(tmp_path, f"curl -fsS -o all.zip -d '' {share.link}/download", status=18)


def test_the_large_fields_of_zip64_hold_sizes_and_places(tmp_path: Path) -> None:
    """The server's writer at its real limits, with zeros that use no disk; the long form uses real bytes."""
    sizes = [4 * GIB + 5, 3, 0, 7]
    files = [SharedFile(key=f"u/{index}", name=f"{index}.bin", size=size) for index, size in enumerate(sizes)]
    block = bytes(MIB)

    def zeros(_key: str, size: int) -> Iterator[bytes]:
        yield from (block[: size - start] for start in range(0, size, MIB))

    stream, path = archives.build_zip(files, Prefetcher(files, read=zeros)), tmp_path / "sparse.zip"
    with path.open("wb") as file:
        for piece in stream:
            if piece is block:
                file.seek(len(piece), os.SEEK_CUR)
            else:
                file.write(piece)
    assert path.stat().st_size == len(stream)
    with zipfile.ZipFile(path) as archive:
        assert [info.file_size for info in archive.infolist()] == sizes
        assert archive.infolist()[1].header_offset > 4 * GIB
        assert [archive.read(f"{index}.bin") for index in (1, 2, 3)] == [bytes(3), b"", bytes(7)]
    listing = shell(tmp_path, "7z l -slt sparse.zip").stdout
    assert f"Size = {sizes[0]}" in listing
