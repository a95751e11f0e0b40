"""Odd names from the API's slot to the saved file: normalized as specified, never an injection, and then equal
in every output: the storage's header, Chromium, curl, wget, and both kinds of archive.

``ODD_NAMES`` sets their number; `make faults` has a thousand. The rules themselves are tested with all of those.
"""

import hashlib
import http.client
import json
import os
import random
import shlex
import unicodedata
import urllib.error
import urllib.request
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyrfc6266
import pytest
from playwright.sync_api import Browser

from shares.api.request_schemas import MAX_FILES_PER_CALL
from shares.errors import Invalid
from shares.file_names import download_name
from shares.services import text
from tests.e2e.clients.curl_wget import shell
from tests.e2e.security import odd_names
from tests.e2e.site import Site
from tests.fixtures import put

FULL_NUMBER = 1000
NUMBER = int(os.environ.get("ODD_NAMES", "240"))
SAMPLE = 30 if NUMBER == FULL_NUMBER else 8
ORIGINAL = odd_names.names(NUMBER)


@dataclass(frozen=True)
class NamedShare:
    """A share of files with odd names: ``stored_names`` in order; each file contains its own number."""

    site: Site
    id: str
    files: Sequence[str]
    stored_names: Sequence[str]

    @cached_property
    def download_names(self) -> list[str]:
        """The names in archives and downloads."""
        return with_ordinals(self.stored_names)

    @property
    def link(self) -> str:
        return f"{self.site.url}/share/{self.id}"


@dataclass(frozen=True)
class Api:
    url: str
    token: str

    def call(self, path: str, payload: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", json.dumps(payload).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def with_ordinals(stored_names: Sequence[str]) -> list[str]:
    """As they are saved: one of a name that was there before, in any case of letters, is numbered."""
    used_names: set[str] = set()
    result = []
    for name in map(odd_names.download_name, stored_names):
        stem, dot, tail = name.rpartition(".")
        if not stem or len(tail) > 16:
            stem, dot, tail = name, "", ""
        unique_name, number = name, 1
        while fold(unique_name) in used_names:
            number += 1
            end = f" ({number}){dot}{tail}"
            unique_name = stem.encode()[: 255 - len(end.encode())].decode(errors="ignore") + end
        used_names.add(fold(unique_name))
        result.append(unique_name)
    return result


def fold(name: str) -> str:
    return unicodedata.normalize("NFD", name.upper().casefold())


def body(number: int) -> bytes:
    return f"file {number}".encode()


def digest(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture(scope="module")
def api(site: Site) -> Api:
    return Api(site.url, site.token)


@pytest.fixture(scope="module")
def odd_share(site: Site, api: Api) -> NamedShare:
    accepted_names = [name for name in ORIGINAL if odd_names.stored_name_of(name) is not None]
    declared_files = [{"name": name, "size": len(body(number))} for number, name in enumerate(accepted_names)]
    status, share = api.call("/shares", {"title": "Odd names", "files": declared_files[:MAX_FILES_PER_CALL]})
    assert status == 201, share
    files = list(share["files"])
    for start in range(MAX_FILES_PER_CALL, len(declared_files), MAX_FILES_PER_CALL):
        status, added = api.call(
            f"/shares/{share['id']}/files", {"files": declared_files[start : start + MAX_FILES_PER_CALL]}
        )
        assert status == 201, added
        files += added["files"]
    ids = [file["id"] for file in files]
    for start in range(0, len(ids), 100):
        batch = list(enumerate(ids))[start : start + 100]
        file_requests = [{"id": pk, "checksum_sha256": digest(body(number))} for number, pk in batch]
        signed_files = api.call("/uploads/sign", {"files": file_requests})[1]["files"]
        with ThreadPoolExecutor(8) as pool:
            uploads = [
                pool.submit(put, entry["url"], body(number), entry["headers"])
                for (number, _), entry in zip(batch, signed_files, strict=True)
            ]
            assert {upload.result() for upload in uploads} == {200}
        completed_files = api.call("/uploads/complete", {"files": [{"id": pk} for _, pk in batch]})[1]["files"]
        assert {entry["file"]["state"] for entry in completed_files} == {"ready"}
    return NamedShare(site, share["id"], ids, [file["name"] for file in files])


def outcome_of(name: str) -> str | None:
    try:
        return text.clean_name(name)
    except Invalid:
        return None


def test_a_thousand_names_are_normalized_or_refused_and_saved_as_specified() -> None:
    """Without a server, and so all of them."""
    # A surrogate alone is refused with the JSON that it comes in.
    names = [name for name in odd_names.names(FULL_NUMBER) if not any(unicodedata.category(c) == "Cs" for c in name)]
    stored_names = {name: odd_names.stored_name_of(name) for name in names}
    assert {name: outcome_of(name) for name in names} == stored_names
    accepted_names = [stored_name for stored_name in stored_names.values() if stored_name is not None]
    assert len(accepted_names) > 700
    assert len(stored_names) - len(accepted_names) > 50
    assert [*map(download_name, accepted_names)] == [*map(odd_names.download_name, accepted_names)]


def test_every_name_is_normalized_or_refused_with_a_message(api: Api, odd_share: NamedShare) -> None:
    outcomes = [odd_names.stored_name_of(name) for name in ORIGINAL]
    assert list(odd_share.stored_names) == [stored_name for stored_name in outcomes if stored_name is not None]
    refused_names = [name for name, stored_name in zip(ORIGINAL, outcomes, strict=True) if stored_name is None]
    assert len(odd_share.stored_names) > NUMBER // 2
    assert len(refused_names) >= NUMBER // 20
    for name in refused_names:
        status, problem = api.call(f"/shares/{odd_share.id}/files", {"files": [{"name": name, "size": 1}]})
        assert (status, problem["code"]) == (422, "invalid"), name


def test_the_store_sends_each_in_one_header_that_reads_back_equal(api: Api, odd_share: NamedShare) -> None:
    status, listing = api.call(f"/shares/{odd_share.id}/downloads", {})
    assert status == 200, listing
    indexes = {pk: number for number, pk in enumerate(odd_share.files)}
    lines: dict[str, http.client.HTTPConnection] = {}
    headers: list[list[str]] = []
    assert len(listing["downloads"]) == len(odd_share.files)
    for download in listing["downloads"]:
        number, parts = indexes[download["file_id"]], urlsplit(download["url"])
        line = lines.setdefault(parts.netloc, http.client.HTTPConnection(parts.netloc, timeout=30))
        line.request("GET", f"{parts.path}?{parts.query}")
        response = line.getresponse()
        assert (response.status, response.read()) == (200, body(number))
        headers.append(sorted(name.lower() for name, _ in response.getheaders()))
        values = response.headers.get_all("Content-Disposition") or []
        assert len(values) == 1
        kind, parameters = pyrfc6266.parse(values[0])
        fields = {parameter.name: parameter.value for parameter in parameters}
        expected_name = odd_share.download_names[number]
        assert kind == "attachment"
        assert fields.keys() <= {"filename", "filename*"}
        assert pyrfc6266.parse_filename(values[0]) == expected_name
        assert fields["filename"] == odd_names.plain(expected_name)
    # A name that broke out of its header would add to them.
    assert all(names == headers[0] for names in headers)


@pytest.fixture
def sample(odd_share: NamedShare) -> list[int]:
    return random.Random(1).sample(range(len(odd_share.files)), SAMPLE)


def test_chromium_suggests_the_name_that_was_sent(odd_share: NamedShare, browser: Browser) -> None:
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.goto(odd_share.link)
    rows = page.locator("li.file")
    assert rows.count() == min(500, len(odd_share.files))
    for row in random.Random(1).sample(rows.all(), SAMPLE):
        number = odd_share.files.index((row.get_attribute("id") or "").removeprefix("file-"))
        with page.expect_download() as download:
            row.locator("button[formaction$='/download']").click()
        expected = odd_share.download_names[number]
        assert odd_names.in_chromium(download.value.suggested_filename) == odd_names.in_chromium(expected), ascii(
            expected
        )
        assert Path(download.value.path()).read_bytes() == body(number)
    context.close()


LINES = {
    "curl": "curl -fsSLOJ -b {}/pass -c {}/pass -d ''",
    "wget": "wget -q --content-disposition --load-cookies {}/pass --save-cookies {}/pass --post-data=",
}


@pytest.mark.parametrize("program", LINES)
def test_programs_save_under_the_plain_name(
    odd_share: NamedShare, sample: list[int], tmp_path: Path, program: str
) -> None:
    line = LINES[program].replace("{}", shlex.quote(str(tmp_path)))

    def fetch(number: int) -> None:
        expected_name = odd_share.download_names[number]
        if program == "wget" and len(os.fsencode(expected_name)) > 120:
            return  # It cuts very long names, now before and now after it has decoded them.
        folder = tmp_path / str(number)
        folder.mkdir()
        shell(folder, f"{line} {odd_share.link}/files/{odd_share.files[number]}/download")
        [file] = folder.iterdir()
        assert file.read_bytes() == body(number)
        expected_names = {odd_names.plain(expected_name), expected_name}
        if program == "wget":
            # It undoes percent signs once more, and does them again where they would hurt.
            assert unquote(file.name) in expected_names | {unquote(expected_name)}, ascii(expected_name)
        else:
            assert file.name in expected_names, ascii(expected_name)

    fetch(sample[0])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fetch, sample[1:]))


@pytest.fixture
def archives(odd_share: NamedShare, browser: Browser, tmp_path: Path) -> Iterator[list[Path]]:
    """Made by the service worker, and by the server."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.goto(odd_share.link)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    shell(tmp_path, f"curl -fsSLo server.zip -d '' {odd_share.link}/download")
    yield [Path(download.value.path()), tmp_path / "server.zip"]
    context.close()


def test_both_archives_keep_the_names(odd_share: NamedShare, archives: list[Path]) -> None:
    expected_names = odd_share.download_names
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == expected_names
            assert [archive.read(info) for info in archive.infolist()] == [
                body(number) for number in range(len(expected_names))
            ]
        for program in ("unzip -tqq", "7z t -bso0 -bsp0"):
            shell(path.parent, f"{program} {path}")
