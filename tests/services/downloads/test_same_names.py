"""Files of one name in one folder: numbered once, and saved under that name by every kind of download."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from shares.callers import Caller
from shares.errors import Invalid
from shares.file_names import MAX_NAME_BYTES, distinct_paths, download_path, shorten_name, with_ordinal
from shares.models import Share
from shares.services.downloads import archives, start
from shares.services.downloads.visits import Visit
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import send

pytestmark = pytest.mark.one_database


def create_share(caller: Caller, names: Sequence[str]) -> Share:
    now = timezone.now()
    return shares.create(caller=caller, values={"expires_at": now + timedelta(days=1)}, specs=specs(names), now=now)


def specs(names: Sequence[str]) -> list[FileSpec]:
    return [FileSpec(name.rpartition("/")[2], 3, path=name.rpartition("/")[0]) for name in names]


def download_names(share: Share) -> list[str]:
    rows = share.files.not_removed().order_by("position").values_list("path", "name", "number")
    paths = list(distinct_paths(rows))
    # The numbers alone distinguish all of them; only files that were added later need the second check.
    assert paths == [download_path(path, name, number) for path, name, number in rows]
    return paths


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt", "b.txt", "sub/a.txt"], ["a.txt", "b.txt", "sub/a.txt"]),
        (["a.txt", "a.txt", "a.txt"], ["a.txt", "a (2).txt", "a (3).txt"]),
        (["a.txt", "A.TXT"], ["a.txt", "A (2).TXT"]),
        (["a (2).txt", "a.txt", "a.txt"], ["a (2).txt", "a.txt", "a (3).txt"]),
        (["x/a", "X/a"], ["x/a", "X/a (2)"]),
        (["a", "a/b"], ["a (2)", "a/b"]),
        ([".env", ".env"], [".env", ".env (2)"]),
        (["a.tar.gz", "a.tar.gz"], ["a.tar.gz", "a.tar (2).gz"]),
    ],
)
def test_no_two_are_saved_under_one_name(as_owner: Caller, names: list[str], expected: list[str]) -> None:
    share = create_share(as_owner, names)
    assert download_names(share) == expected
    assert [file.full_name for file in share.files.order_by("position")] == names


def test_files_that_are_added_go_on_counting(as_owner: Caller) -> None:
    share = create_share(as_owner, ["a.txt", "a.txt"])
    now = timezone.now()
    files.declare(share=share, specs=specs(["a.txt", "b/a.txt"]), caller=as_owner, now=now)
    assert download_names(share) == ["a.txt", "a (2).txt", "a (3).txt", "b/a.txt"]
    files.remove(file=share.files.get(position=1), caller=as_owner, now=now)
    assert download_names(share) == ["a.txt", "a (3).txt", "b/a.txt"]
    files.declare(share=share, specs=specs(["a.txt"]), caller=as_owner, now=now)
    assert download_names(share)[-1] == "a (2).txt"


def test_a_numbered_name_is_no_longer_than_file_systems_allow() -> None:
    for name in ("x" * 251 + ".txt", "ü" * 127, "a." + "y" * 253, "😀" * 63):
        for number in (2, 10_000):
            download_name = with_ordinal(name, number)
            assert len(download_name.encode()) <= MAX_NAME_BYTES
            assert f" ({number})" in download_name


def test_every_way_of_fetching_gives_the_same_name(storage: None, as_owner: Caller, visitor: Caller) -> None:
    now = timezone.now()
    share = create_share(as_owner, ["report.pdf", "report.pdf"])
    for file in share.files.select_related("share__owner", "upload__file"):
        send(file, b"abc", as_owner, now)
    share = Share.objects.select_related("owner").get(pk=share.pk)
    first, second = share.files.order_by("position")
    assert list(archives.entry_names([first, second])) == ["report.pdf", "report (2).pdf"]
    # The hot path, one statement on PostgreSQL, and the long way.
    click = start.start_file_download(share_id=share.pk, file_id=second.pk, visit=Visit(visitor, now))
    download = start.start_download(share=share, files=[second], visit=Visit(visitor, now))
    for link in (click.links[0], download.links[0], start.resume_link(file=second, visit=Visit(visitor, now))):
        disposition = parse_qs(urlsplit(link.url).query)["response-content-disposition"][0]
        assert 'filename="report (2).pdf"' in disposition, (connection.vendor, disposition)


HAN = "漢" * 86


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("a.txt", "a.txt"),
        (HAN + ".txt", "漢" * 83 + ".txt"),
        (HAN, "漢" * 85),
        ("ж" * 128 + ".pdf", "ж" * 125 + ".pdf"),
        ("😀" * 64, "😀" * 63),
        ("x" * 300 + ".no ending, but a sentence", "x" * 255),
        ("x" * 249 + ". " + "y" * 50 + ".txt", "x" * 249 + ".txt"),
    ],
)
def test_a_long_name_is_cut_between_two_letters_and_keeps_its_ending(name: str, short: str) -> None:
    assert shorten_name(name) == short


def test_names_as_long_as_windows_and_macos_allow_are_kept_and_packed_short(as_owner: Caller) -> None:
    long = "漢" * 250
    names = [f"{HAN}.txt", f"{long}1.txt", f"{long}2.txt", f"{long}/a.txt", f"{long}b/A.txt"]
    share = create_share(as_owner, names)
    assert [file.full_name for file in share.files.order_by("position")] == names
    short = "漢" * 85
    assert download_names(share) == [
        f"{'漢' * 83}.txt",
        f"{'漢' * 82} (2).txt",
        f"{'漢' * 82} (3).txt",
        f"{short}/a.txt",
        f"{short}/A (2).txt",
    ]
    archive_names = list(archives.entry_names(list(share.files.order_by("position"))))
    assert archive_names == download_names(share)
    assert len({name.casefold() for name in archive_names}) == len(archive_names)


@pytest.mark.parametrize("name", ["漢" * 256, "x" * 256])
def test_a_name_of_more_than_255_characters_is_refused(as_owner: Caller, name: str) -> None:
    with pytest.raises(Invalid, match="at most 255 characters"):
        create_share(as_owner, [name])


def test_a_path_may_have_4096_bytes(as_owner: Caller) -> None:
    folder = "/".join(["漢" * 85] * 16)
    assert len(folder.encode()) == 4095
    assert download_names(create_share(as_owner, [f"{folder}/a"])) == [f"{folder}/a"]
    with pytest.raises(Invalid, match="at most 4,096 bytes"):
        create_share(as_owner, [f"{folder}/xx/a"])
