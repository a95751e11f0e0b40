"""The files of a recipient's page: in folders, in order, page by page, each with its type, some of them selected."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shares.callers import Caller
from shares.models import Share, SharedFile
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.templatetags.kinds import kind
from tests.views.browser import Browser

Draft = Callable[..., Share]


@pytest.fixture
def draft(as_owner: Caller) -> Draft:
    """A share whose files are all there as far as the pages know."""

    def make(names: Sequence[str], sizes: Sequence[int] = (), **changes: object) -> Share:
        now = timezone.now()
        changes = {"title": "Plans", "expires_at": now + timedelta(days=7)} | changes
        file_sizes = sizes or [5] * len(names)
        specs = [
            FileSpec(n.rpartition("/")[2], size, path=n.rpartition("/")[0])
            for n, size in zip(names, file_sizes, strict=True)
        ]
        share = shares.create(caller=as_owner, values=changes, specs=specs, now=now)  # type: ignore[arg-type]
        SharedFile.objects.filter(share=share).update(ready_at=now)
        return share

    return make


def order(html: str) -> list[str]:
    return re.findall(r'class="file-name">([^<]+)</span>\s*<span class="file-note">(?!\d+ file)', html)


def test_files_are_in_their_folders_which_show_their_totals(draft: Draft) -> None:
    share = draft(["z.txt", "trip/b.jpg", "trip/a.jpg", "trip/day 1/c.jpg"], [1, 2000, 3000, 4000])
    html = Browser().see(f"/share/{share.pk}")
    assert order(html) == ["c.jpg", "a.jpg", "b.jpg", "z.txt"]
    assert html.count('<li class="folder">') == 2
    assert "3 files, 9 kB" in html
    assert "1 file, 4 kB" in html


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"]),
        ("name", ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"]),
        ("size", ["IMG_2.jpg", "IMG_10.jpg", "IMG_1.jpg"]),
        ("newest", ["IMG_10.jpg", "IMG_1.jpg", "IMG_2.jpg"]),
        ("<script>", ["IMG_1.jpg", "IMG_2.jpg", "IMG_10.jpg"]),
    ],
)
def test_the_order_is_the_readers_choice(draft: Draft, sort: str, names: list[str]) -> None:
    share = draft(["IMG_10.jpg", "IMG_1.jpg", "IMG_2.jpg"], [20, 10, 30])
    for position, age in enumerate((1, 2, 3)):
        SharedFile.objects.filter(position=position).update(created_at=timezone.now() - timedelta(hours=age))
    html = Browser().see(f"/share/{share.pk}?sort={sort}")
    assert order(html) == names
    assert "<script>" not in html


def test_the_order_is_kept_from_page_to_page(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shares.services.downloads.page.PAGE_FILES", 4)
    share = draft([f"{number}.txt" for number in range(10)], list(range(10)))
    browser = Browser()
    browser.see(f"/share/{share.pk}?sort=size")
    assert "?page=2&sort=size" in browser.page.links
    assert "?sort=newest" in browser.page.links
    assert order(browser.see(f"/share/{share.pk}?page=3&sort=size")) == ["1.txt", "0.txt"]


def test_each_file_shows_its_type_and_can_be_selected(draft: Draft) -> None:
    share = draft(["report.pdf", "setup.exe", "pier.mov"], [1500, 5, 5])
    browser = Browser()
    html = browser.see(f"/share/{share.pk}")
    for text in ("PDF document · 1.5 kB", "Windows program · 5 bytes", "MOV video"):
        assert text in browser.text
    for file in share.files.all():
        assert f'<input type="checkbox" name="file" value="{file.pk}"' in html
        assert f'name="file" value="{file.pk}" formaction="/share/{share.pk}/files/{file.pk}/download"' in html
    assert html.count('<symbol id="k-') == 3
    # Everything is a form of its own, so that no tick can make less of it.
    assert re.search(r"data-all><input type=\"hidden\" name=\"csrf(?:(?!</form>|<input).)*<button", html)


def test_one_or_two_files_need_no_ticks(draft: Draft) -> None:
    for names in (["a.txt"], ["a.txt", "b.txt"]):
        assert 'type="checkbox"' not in Browser().see(f"/share/{draft(names).pk}")


def test_what_is_still_on_its_way_cannot_be_ticked(draft: Draft) -> None:
    share = draft(["a.txt", "b.txt", "c.txt"])
    SharedFile.objects.filter(position=1).update(ready_at=None)
    html = Browser().see(f"/share/{share.pk}")
    assert html.count('type="checkbox"') == 2


@pytest.mark.parametrize(
    ("name", "content_type", "icon", "text"),
    [
        ("a.PDF", "", "file-text", "PDF document"),
        ("a.jpeg", "image/png", "image", "JPEG picture"),
        ("a.tar.gz", "", "package", "GZ archive"),
        ("invoice.pdf.exe", "application/pdf", "app-window", "Windows program"),
        ("a.xyz", "image/png", "file", "XYZ file"),
        ("README", "text/plain", "file-text", "Text"),
        ("scan", "application/pdf", "file-text", "PDF document"),
        ("data", "application/octet-stream", "file", "File"),
        (".profile", "text/plain", "file-text", "Text"),
        ("a.b c", "", "file", "File"),
        ("Budget.", "", "file", "File"),
    ],
)
def test_what_opens_a_file_decides_what_it_is_called(name: str, content_type: str, icon: str, text: str) -> None:
    assert kind(SharedFile(name=name, content_type=content_type)) == (icon, text)


def test_a_thousand_files_cost_a_handful_of_queries(draft: Draft) -> None:
    share = draft([f"{number % 30}/{number}.txt" for number in range(1000)])
    with CaptureQueriesContext(connection) as queries:
        html = Browser().see(f"/share/{share.pk}?page=2")
    assert len(order(html)) == 500
    # The key of the page is a prepared statement, which in a transaction begins with an empty one.
    statements = [query["sql"] for query in queries if query["sql"] != "SELECT"]
    assert len(statements) <= 6, statements
