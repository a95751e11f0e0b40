"""Names that Windows can't create: archives, headers and SHA256SUMS use one set that it can, and lose nothing."""

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shares import file_names
from shares.callers import Caller
from shares.models import Share
from shares.services.downloads import archives, checksums, selection, start
from shares.services.downloads.prefetch import Prefetcher
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import send
from tests.storage.disposition import parse
from tests.windows import DEVICES, FORBIDDEN, WindowsDisk, WindowsError, component

pytestmark = pytest.mark.one_database

# What a Mac or a Linux machine sends without a second thought, and the name under which it is saved.
HOSTILE = {
    "12:30.txt": "12_30.txt",
    "what?": "what_",
    "what*": "what_ (2)",
    "CON": "_CON",
    "aux.txt": "_aux.txt",
    "NUL.tar.gz": "_NUL.tar.gz",
    "com¹ .log": "_com¹ .log",
    'a<b>|"*.txt': "a_b____.txt",
    "A_b____.txt": "A_b____ (2).txt",
    "report.": "report",
    "report": "report (2)",
    "report. .": "report (3)",
    "Straße": "Straße",
    "STRASSE": "STRASSE (2)",
    "lpt9/prn": "_lpt9/_prn",
    "plans: old./12:30.txt": "plans_ old/12_30.txt",
    "plans_ old/12_30.txt": "plans_ old/12_30 (2).txt",
    "plans?": "plans_ (2)",
    "plans*/a": "plans_/a",
    "\ufffe\ufdd0.bin": "__.bin",
}


@pytest.fixture
def share(storage: None, as_owner: Caller, now: datetime) -> Share:
    return create_share(as_owner, list(HOSTILE), now)


def create_share(caller: Caller, names: Sequence[str], now: datetime) -> Share:
    """Each file contains its own position in the list."""
    specs = [FileSpec(name.rpartition("/")[2], 3, path=name.rpartition("/")[0]) for name in names]
    changes = {"expires_at": now + timedelta(days=1), "title": "12:30?"}
    share = shares.create(caller=caller, values=changes, specs=specs, now=now)  # type: ignore[arg-type]
    for number, file in enumerate(share.files.select_related("share__owner", "upload__file").order_by("position")):
        send(file, f"{number:03}".encode(), caller, now)
    return Share.objects.select_related("owner").get(pk=share.pk)


def test_all_ways_out_have_one_set_of_names_and_windows_unpacks_all_of_it(
    share: Share, visitor: Caller, now: datetime
) -> None:
    files = selection.select_files(share=share, ids=[])
    download, plan = archives.plan_archive(share=share, files=files, visit=Visit(visitor, now))
    assert plan.name == "12_30_.zip"
    names = [entry.name for entry in plan.entries]
    assert names == list(HOSTILE.values())
    disk = WindowsDisk()
    with zipfile.ZipFile(io.BytesIO(b"".join(archives.build_zip(files, Prefetcher(files))))) as archive:
        assert archive.namelist() == names
        for name in archive.namelist():
            disk.write(name, archive.read(name))
    assert disk.files == {name: f"{number:03}".encode() for number, name in enumerate(names)}
    assert [line.split("  ", 1)[1].rstrip("\n") for line in checksums.lines(share=share)] == names
    tokens = PresentedTokens(grant=download.grant)
    for file, name in zip(files, names, strict=True):
        link = start.start_file_download(share_id=share.pk, file_id=file.pk, visit=Visit(visitor, now, tokens)).links[0]
        assert parse(parse_qs(urlsplit(link.url).query)["response-content-disposition"][0])[1] == name.split("/")[-1]
        assert file.display_name.startswith(file.name.rpartition(".")[0])


def test_the_same_names_as_they_were_sent_are_lost_or_refused_on_windows() -> None:
    """The disk of the test is no friendlier than the real one."""
    for name in ("12:30.txt", "what?", "CON", "aux.txt", "NUL.tar.gz", "com¹ .log", 'a<b>|"*.txt', "lpt9/prn", ". ."):
        with pytest.raises(WindowsError):
            WindowsDisk().write(name, b"")
    for first, second in (("report.", "report"), ("a", "A"), ("x", "x/y"), ("x/y", "X")):
        disk = WindowsDisk()
        disk.write(first, b"")
        with pytest.raises(WindowsError):
            disk.write(second, b"")


def test_an_archive_of_some_files_has_the_names_of_all(share: Share, as_owner: Caller, now: datetime) -> None:
    """Also where numbers are older than these rules, and where a folder came beside a file of its name."""
    share.files.update(number=1)
    all_files = selection.select_files(share=share, ids=[])
    names = list(archives.entry_names(all_files))
    assert len({file_names.fold(name) for name in names}) == len(HOSTILE)
    for positions in ([2], [10, 11], [17, 18], [13, 16, 2]):
        some_files = [all_files[position] for position in positions]
        assert list(archives.entry_names(some_files)) == [names[position] for position in positions]
    assert [line.split("  ", 1)[1].rstrip("\n") for line in checksums.lines(share=share)] == names


awkward = st.lists(
    st.sampled_from(
        [*FORBIDDEN, *DEVICES, ".", " ", "\u00a0", ".txt", "con", "x" * 250, "ü" * 120, "日" * 86, "\u200d"]
    ),
    max_size=6,
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(name=st.text(st.characters(exclude_categories=[]), max_size=300) | awkward)
@example(name="con" + "\u00a0" * 300 + ".txt")
@example(name="con." + "y" * 251)
@example(name="日" * 86 + ".txt")
def test_every_name_becomes_one_that_every_system_can_make(name: str) -> None:
    for number in (1, 2, 9999):
        download_name = file_names.download_name(name, number)
        assert component(download_name) == download_name
        assert len(download_name.encode()) <= 255
        assert unicodedata.is_normalized("NFC", download_name)
        assert file_names.safe_name(download_name) == download_name


def test_a_long_name_keeps_its_ending() -> None:
    assert file_names.safe_name("日" * 86 + ".txt") == "日" * 83 + ".txt"
    assert file_names.download_name("日" * 86 + ".txt", 12) == "日" * 82 + " (12).txt"
