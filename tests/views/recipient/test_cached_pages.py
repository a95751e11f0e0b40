"""Pages that are repeated: equal to new ones, with a token of their own, and never older than the last change."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shares.callers import Caller
from shares.db import page_versions
from shares.db.page_versions import TABLES
from shares.http import page_cache
from shares.models import Scan, Share, SharedFile, Thumbnail, Upload, User
from shares.services.downloads.delivery import storage_unavailable
from shares.services.downloads.page_keys import page_key
from shares.services.downloads.visits import Visit

MakeShare = Callable[..., Share]
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("Pages are repeated on PostgreSQL only.")
    assert storage_unavailable() is None
    page_cache.pages.clear()
    yield
    page_cache.pages.clear()


def get(path: str, client: Client | None = None, **headers: str) -> HttpResponse:
    return (client or Client()).get(path, headers=headers)  # type: ignore[return-value]


def queries(path: str, client: Client | None = None) -> int:
    """The queries of Django's own cursors; the one of the key is none of them."""
    with CaptureQueriesContext(connection) as captured:
        get(path, client)
    return len([query for query in captured if query["sql"] != "SELECT"])


def without_tokens(response: HttpResponse) -> str:
    return re.sub(r'data-since="[^"]*"|[A-Za-z0-9]{64}"', "", response.content.decode())


@pytest.mark.parametrize("options", [{}, {"password": "open sesame"}, {"max_downloads": 2, "title": "Plans"}])
def test_a_repeated_page_equals_a_new_one_and_takes_no_query(make_share: MakeShare, options: dict[str, Any]) -> None:
    path = f"/share/{make_share([b'one', b'two'], **options).pk}"
    first, second = get(path), get(path)
    assert queries(path) == 0
    assert without_tokens(first) == without_tokens(second)
    assert dict(first.items()).keys() == dict(second.items()).keys()
    assert (first.status_code, first["Vary"], first["Cache-Control"]) == (200, second["Vary"], second["Cache-Control"])


def test_each_visitor_gets_a_token_of_their_own_that_works(make_share: MakeShare) -> None:
    path = f"/share/{make_share([b'one', b'two']).pk}"
    clients = [Client(enforce_csrf_checks=True) for _ in range(3)]
    tokens = [TOKEN.findall(get(path, client).content.decode()) for client in clients]
    assert [len(set(matches)) for matches in tokens] == [1, 1, 1]
    assert len({matches[0] for matches in tokens}) == 3
    for client, matches, status in zip(clients, [tokens[0], tokens[1], tokens[0]], (303, 303, 403), strict=True):
        form = {"csrfmiddlewaretoken": matches[0], "file": Share.objects.get().files.all()[0].pk}
        response = client.post(f"{path}/download", form, headers={"Origin": "http://testserver"})
        assert response.status_code == status


def test_a_repeated_page_is_compressed_as_a_new_one(make_share: MakeShare) -> None:
    path = f"/share/{make_share([b'one', b'two']).pk}"
    first, *later_responses = (get(path, accept_encoding="gzip") for _ in range(20))
    for response in later_responses:
        assert response["Content-Encoding"] == first["Content-Encoding"] == "gzip"
        assert response["Vary"] == first["Vary"]
        assert int(response["Content-Length"]) == len(response.content)
        html = gzip.decompress(response.content)
        assert without_tokens(HttpResponse(html)) == without_tokens(HttpResponse(gzip.decompress(first.content)))
    assert len({len(response.content) for response in later_responses}) > 5


def changes(share: Share) -> dict[str, Callable[[], object]]:
    """Every kind of change that the page displays, by the plainest statement there is."""
    now = timezone.now()
    shares, files = Share.objects.filter(pk=share.pk), SharedFile.objects.filter(share=share)
    first = files.order_by("position")[0]
    return {
        "title": lambda: shares.update(title="Another"),
        "title back": lambda: shares.update(title="Plans"),
        "message": lambda: shares.update(message="Look"),
        "expiry": lambda: shares.update(expires_at=now + timedelta(days=2)),
        "limit": lambda: shares.update(max_downloads=7),
        "a download": lambda: shares.update(download_count=1),
        "sender": lambda: User.objects.filter(pk=share.owner_id).update(name="Somebody"),
        "name": lambda: files.filter(pk=first.pk).update(name="other.txt"),
        "not ready": lambda: files.filter(pk=first.pk).update(ready_at=None),
        "ready": lambda: files.filter(pk=first.pk).update(ready_at=now),
        "scan": lambda: Scan.objects.create(file=first, created_at=now, due_at=now, verdict="large"),
        "parts": lambda: Upload.objects.filter(pk=first.pk).update(part_size=1),
        "new file": lambda: SharedFile.objects.create(share=share, name="new.txt", size=1, created_at=now),
        "removed file": lambda: files.filter(pk=first.pk).update(removed_at=now),
        "password": lambda: shares.update(password="x", password_version=2),
        "no password": lambda: shares.update(password=""),
        "used up": lambda: shares.update(used_up_at=now),
        "suspended": lambda: shares.update(used_up_at=None, suspended_at=now),
        "closed account": lambda: User.objects.filter(pk=share.owner_id).update(is_active=False),
        "deleted": shares.delete,
    }


def test_every_change_is_on_the_next_page(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], title="Plans")
    path = f"/share/{share.pk}"
    SharedFile.objects.filter(share=share).update(sha256=b"s" * 32)
    for name, change in changes(share).items():
        get(path), get(path)
        change()
        changed = get(path)
        page_cache.pages.clear()
        assert without_tokens(changed) == without_tokens(get(path)), name
        assert changed.status_code == get(path).status_code, name


def test_a_thumbnail_is_never_repeated_with_its_address(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"])
    path = f"/share/{share.pk}"
    get(path), get(path)
    now, file = timezone.now(), share.files.all()[0]
    columns = {"content_type": "image/webp", "size": 9, "sha256": b"s" * 32, "width": 9, "height": 9}
    Thumbnail.objects.create(file=file, **columns, urls_expire_at=now, ready_at=now)
    assert b"X-Amz-Signature" in get(path).content
    assert queries(path) > 0


def test_pages_differ_by_what_the_browser_may_see_and_prefers(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one", b"two"], max_downloads=5)
    path = f"/share/{share.pk}"
    visitor, signed_in = Client(), Client()
    signed_in.force_login(owner)
    get(path), get(path)
    assert "Manage" in get(path, signed_in).content.decode()
    visitor.post(f"{path}/download", {"file": share.files.all()[0].pk})
    visitor.cookies["theme"] = "dark"
    html = [get(path, visitor).content.decode() for _ in range(2)]
    assert all("You've used one" in page and 'data-theme="dark"' in page for page in html)
    assert "You've used one" not in get(path).content.decode()
    assert "curl" in get(path, accept="*/*").content.decode()
    assert "<html" in get(path, accept="text/html").content.decode()


def test_time_passes_on_a_repeated_page(make_share: MakeShare, monkeypatch: pytest.MonkeyPatch) -> None:
    share = make_share(expires_at=timezone.now() + timedelta(minutes=5, seconds=29))
    path = f"/share/{share.pk}"
    assert "5 min" in get(path).content.decode()
    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr("shares.http.guards.timezone.now", lambda: later)
    assert "3 min" in get(path).content.decode()
    later += timedelta(minutes=4)
    assert get(path).status_code == 410


@pytest.mark.usefixtures("db")
def test_shares_that_do_not_exist_have_one_page() -> None:
    pages = [get(f"/share/{Share().pk}", accept=accept) for accept in ("text/html", "*/*") for _ in range(2)]
    assert [page.status_code for page in pages] == [404] * 4
    assert [without_tokens(pages[index]) for index in (0, 2)] == [without_tokens(pages[index]) for index in (1, 3)]
    assert pages[0].content != pages[2].content


def test_a_token_where_no_token_is_expected_is_not_stored(make_share: MakeShare) -> None:
    request = RequestFactory().get("/")
    request.now = timezone.now()  # type: ignore[attr-defined]
    expected, paragraph = f'<form data-csrf="{get_token(request)}">', f"<p>{get_token(request)}</p>"
    assert page_cache._split(request, HttpResponse(expected)) is not None  # type: ignore[arg-type]
    for html in (paragraph, expected + f'<form data-csrf="{get_token(request)}">'):
        assert page_cache._split(request, HttpResponse(html)) is None  # type: ignore[arg-type]


def test_the_oldest_pages_make_way_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, page = (
        page_cache.PageCache(),
        page_cache.CachedPage(200, {}, (b"x" * 1000,), (b"y" * 1000,), has_token=False),
    )
    monkeypatch.setattr(page_cache, "MAX_BYTES", 3 * page.size)
    for number in (1, 2, 3):
        cache.put((number,), page)
    assert cache.get((1,)) is page
    cache.put((4,), page)
    assert [cache.get((number,)) for number in (1, 2, 3, 4)] == [page, None, page, page]


def test_a_version_is_that_of_one_run_of_the_server_and_of_one_day(make_share: MakeShare) -> None:
    """Numbers of transactions return after another server has taken over, and after 2**32 of them."""
    share = make_share()
    visit = Visit(Caller(), timezone.now())
    tomorrow = replace(visit, now=visit.now + timedelta(days=1))
    keys = {page_key(share_id=share.pk, visit=moment) for moment in (visit, visit, tomorrow)}
    assert len(keys) == 2
    assert b"pg_postmaster_start_time()" in page_versions._STATEMENT.sql


def test_a_page_reads_no_table_that_its_key_omits(make_share: MakeShare) -> None:
    open_share, limited = make_share([b"one", b"two"]), make_share(max_downloads=1)
    locked, expired = make_share(password="open sesame"), make_share()
    Share.objects.filter(pk=expired.pk).update(expires_at=timezone.now())
    visitor = Client()
    visitor.post(f"/share/{limited.pk}/download", {"file": limited.files.all()[0].pk})
    for share, client in (
        (open_share, None),
        (locked, None),
        (expired, None),
        (limited, visitor),
        (open_share, visitor),
    ):
        page_cache.pages.clear()
        with CaptureQueriesContext(connection) as captured:
            get(f"/share/{share.pk}", client)
        tables = set(re.findall(r'"(shares_\w+|django_\w+)"\.', " ".join(query["sql"] for query in captured)))
        assert tables
        assert tables <= set(TABLES), tables
