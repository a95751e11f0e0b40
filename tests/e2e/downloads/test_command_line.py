"""The page's own commands for curl and wget, executed by the real programs as they are printed."""

import random
import zipfile
from pathlib import Path

import pytest

from tests.e2e.clients.curl_wget import SentShare, put, run, shell
from tests.e2e.site import Site

NAME = "Überblick “final” 100%.txt"
BODY = random.Random(1).randbytes(5000)
PASSWORD = "öffne dich, Sesam"


@pytest.fixture
def overview_share(site: Site) -> SentShare:
    return put(site, (NAME, 5000), title="The overview", message="As promised", max_downloads=2)


def lines(page: str, program: str) -> list[str]:
    return [line.strip() for line in page.splitlines() if line.strip().startswith(program)]


def test_both_programs_list_the_share_and_that_takes_nothing(overview_share: SentShare, tmp_path: Path) -> None:
    for command in (["curl", "-fsS"], ["wget", "-qO-"]):
        page = run(tmp_path, *command, overview_share.link).stdout
        for text in (
            "The overview",
            "Olga Owner sent you 1 file, 5 kB.",
            "As promised",
            NAME,
            "2 of 2 downloads left",
        ):
            assert text in page
        assert "(5000 bytes)" in page
        assert "<" not in page
    assert overview_share.counts() == (0, 0, 0)


@pytest.mark.parametrize("program", ["curl", "wget"])
def test_the_printed_command_downloads_the_file_under_its_name(
    overview_share: SentShare, tmp_path: Path, program: str
) -> None:
    line = lines(run(tmp_path, "curl", "-fsS", overview_share.link).stdout, program)[0]
    shell(tmp_path, line)
    paths = [path for path in tmp_path.iterdir() if not path.name.endswith("pass")]
    assert [path.read_bytes() for path in paths] == [BODY]
    # By their own reading of the header, programs of this age would save "Uberblick _final_ 100_.txt".
    assert paths[0].name == NAME
    assert overview_share.counts() == (1, 1, 1)
    paths[0].unlink()
    shell(tmp_path, line)
    assert overview_share.counts() == (1, 1, 2)


def test_several_files_are_one_zip_or_fetched_one_by_one_as_one_download(site: Site, tmp_path: Path) -> None:
    share = put(site, ("a.bin", 10), ("b.bin", 20), title="Two things", max_downloads=1)
    commands = lines(run(tmp_path, "curl", "-fsS", share.link).stdout, "curl")
    for line in commands[:3]:
        shell(tmp_path, line)
    with zipfile.ZipFile(tmp_path / "Two things.zip") as archive:
        assert archive.namelist() == ["a.bin", "b.bin"]
        assert archive.read("b.bin") == (tmp_path / "b.bin").read_bytes()
    assert share.counts() == (1, 1, 2)
    stranger = tmp_path / "elsewhere"
    stranger.mkdir()
    assert "410" in shell(stranger, commands[1], status=22).stderr


def test_some_of_several_files_are_named_by_their_ids(site: Site, tmp_path: Path) -> None:
    share = put(site, ("a.bin", 10), ("b.bin", 20), ("c.bin", 30), title="Three things", max_downloads=1)
    fields = " ".join(f"-d file={share.files[index]}" for index in (2, 0))
    shell(tmp_path, f"curl -fsSLOJ -b pass -c pass {fields} {share.link}/download")
    with zipfile.ZipFile(tmp_path / "Three things.zip") as archive:
        assert archive.namelist() == ["a.bin", "c.bin"]
    shell(tmp_path, f"curl -fsSLOJ -b pass -c pass -d file={share.files[1]} {share.link}/download")
    assert (tmp_path / "b.bin").stat().st_size == 20
    assert "404" in shell(tmp_path, f"curl -fsS -b pass -d file={'x' * 22} {share.link}/download", status=22).stderr
    assert share.counts() == (1, 1, 1)


def test_a_password_is_entered_unseen_or_read_from_a_file(site: Site, tmp_path: Path) -> None:
    share = put(site, ("secret name.bin", 5000), title="Contracts", password=PASSWORD)
    page = run(tmp_path, "curl", "-fsS", share.link).stdout
    assert "protected with a password" in page
    assert "Contracts" not in page
    assert "secret name" not in page
    fetch, read_page = lines(page, "read")
    assert PASSWORD not in fetch
    for folder, line, password in (
        ("typed", fetch, PASSWORD),
        ("wrong", fetch, "guess"),
        ("seen", read_page, PASSWORD),
    ):
        (tmp_path / folder).mkdir()
        process = run(
            tmp_path / folder, "bash", "-c", line, stdin=f"{password}\n", status=22 if folder == "wrong" else 0
        )
        assert ("403" in process.stderr) == (folder == "wrong")
        assert ("secret name.bin" in process.stdout) == (folder == "seen")
    assert (tmp_path / "typed" / "secret name.bin").read_bytes() == BODY
    assert not (tmp_path / "wrong" / "secret name.bin").exists()
    form = tmp_path / "form"
    form.write_text("password=" + PASSWORD, encoding="utf-8")
    run(tmp_path, "wget", "-q", "-O", "by-wget", "--post-file=form", f"{share.link}/download")
    assert (tmp_path / "by-wget").read_bytes() == BODY
    assert share.counts() == (0, 2, 2)


def test_a_plain_password_may_come_in_a_header_from_a_file(site: Site, tmp_path: Path) -> None:
    share = put(site, ("a.bin", 5000), password="open sesame")
    command = ["curl", "-fsSLOJ", "-H", "@-", "-d", "", f"{share.link}/download"]
    run(tmp_path, *command, stdin="X-Share-Password: open says me\n", status=22)
    run(tmp_path, *command, stdin="X-Share-Password: open sesame\n")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert share.counts() == (0, 1, 1)


def test_a_strict_share_is_fetched_by_the_same_commands(site: Site, tmp_path: Path) -> None:
    share = put(site, ("a.bin", 5000), strict=True, max_downloads=2)
    page = run(tmp_path, "curl", "-fsS", share.link).stdout
    for program in ("curl", "wget"):
        shell(tmp_path, lines(page, program)[0])
        assert (tmp_path / "a.bin").read_bytes() == BODY
        (tmp_path / "a.bin").unlink()
    assert share.counts() == (2, 2, 0)


def test_refusals_are_plain_text_with_their_status(site: Site, tmp_path: Path) -> None:
    nowhere = f"{site.url}/share/{'x' * 22}"
    for address in (nowhere, f"{nowhere}/files/{'x' * 22}/content"):
        response = run(tmp_path, "curl", "-sS", "-w", " %{http_code} %{content_type}", address).stdout
        assert response.startswith("Page not found. The address may be mistyped or cut off.")
        assert response.endswith(" 404 text/plain; charset=utf-8")
