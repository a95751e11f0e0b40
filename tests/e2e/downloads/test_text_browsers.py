"""A recipient with a text browser: reads, is refused, unlocks, and downloads one file, all, and some."""

import os
import zipfile
from pathlib import Path

import pytest

from tests.e2e.clients import w3m
from tests.e2e.clients.w3m import ENTER, TAB, W3m
from tests.e2e.site import Site


@pytest.fixture(autouse=True)
def _w3m() -> None:
    """Installed where all tests must run; elsewhere the test is skipped with a message."""
    if not w3m.is_installed():
        assert not os.environ.get("CI"), "These tests need w3m: apt-get install w3m"
        pytest.skip("w3m is not installed here (apt-get install w3m): nothing was tried in a text browser")


def test_the_page_reads_well(site: Site, scenarios: dict[str, str], tmp_path: Path) -> None:
    text = " ".join(w3m.dump(f"{site.url}/share/{scenarios['open']}", tmp_path).split())
    for part in (
        "Olga Owner sent you 3 files",
        "Harbor survey, final drawings",
        "2 of 5 downloads left",
        "Survey report.pdf PDF document · 182 kB",
        "Download all, 2 MB",
    ):
        assert part in text, text
    expired_page = w3m.dump(f"{site.url}/share/{scenarios['expired']}", tmp_path)
    assert "This share has expired" in expired_page


def unlocked(w3m: W3m) -> None:
    w3m.find("Password")
    w3m.press(TAB + ENTER)
    w3m.press(f"open sesame{ENTER}")
    w3m.find("Show files")
    w3m.press(ENTER)
    w3m.expect_text("Contracts")


def save(w3m: W3m, button: str) -> None:
    w3m.find(button)
    w3m.press(ENTER)
    w3m.expect_text("Save file to")
    w3m.press(ENTER)


def test_unlock_and_download_one_and_all(site: Site, scenarios: dict[str, str], tmp_path: Path) -> None:
    with W3m(f"{site.url}/share/{scenarios['locked']}", tmp_path) as w3m:
        w3m.expect_text("These files are protected")
        w3m.find("Password")
        w3m.press(TAB + ENTER)
        w3m.press(f"wrong{ENTER}")
        w3m.find("Show files")
        w3m.press(ENTER)
        w3m.expect_text("That password is not right")
        unlocked(w3m)
        w3m.find("drawings.zip")
        save(w3m, "Download")
        w3m.wait_for_file("drawings.zip", 410_000)
        w3m.press("B")  # leave the list of downloads
        w3m.expect_text("Download all")
        save(w3m, "Download all")
        with zipfile.ZipFile(w3m.wait_for_archive("Contracts.zip")) as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == ["Drone pass 2.mp4", "Survey report.pdf", "drawings.zip"]


def test_download_some(site: Site, scenarios: dict[str, str], tmp_path: Path) -> None:
    with W3m(f"{site.url}/share/{scenarios['locked']}", tmp_path) as w3m:
        unlocked(w3m)
        for _ in range(2):
            w3m.find("[ ]")
            w3m.press(TAB + ENTER)
        save(w3m, "Download selected")
        with zipfile.ZipFile(w3m.wait_for_archive("Contracts.zip")) as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == ["Drone pass 2.mp4", "drawings.zip"]
