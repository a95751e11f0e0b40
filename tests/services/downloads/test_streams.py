"""Strict shares: bytes pass through the server, each request is authorized, and no reusable URL leaves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from shares import errors
from shares.callers import Caller
from shares.models import Event, Share, User
from shares.services.downloads import access, start, streams
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.services.sharing import shares
from tests.fixtures import fetch

BODY = bytes(range(256)) * 40
MakeShare = Callable[..., Share]


@pytest.fixture
def strict(make_share: MakeShare) -> Share:
    return make_share([BODY], strict=True, max_downloads=1)


@pytest.fixture
def tokens(strict: Share, visitor: Caller, now: datetime) -> PresentedTokens:
    download = start.start_download(share=strict, files=list(strict.files.all()), visit=Visit(visitor, now))
    [link] = download.links
    assert link.url == f"/share/{strict.pk}/files/{link.file_id}/content"
    return PresentedTokens(grant=download.grant)


def read(
    share: Share, caller: Caller, tokens: PresentedTokens, now: datetime, **options: Any
) -> tuple[streams.Stream, bytes]:
    file = share.files.get()
    granted_file = access.granted_file(share_id=share.pk, file_id=file.pk, visit=Visit(caller, now, tokens))
    stream = streams.open_file(granted_file, Visit(caller, now), **options)
    return stream, b"".join(stream.body)


@pytest.mark.parametrize(
    ("byte_range", "start", "end", "partial"),
    [
        ("", 0, 10239, False),
        ("bytes=0-0", 0, 0, True),
        ("bytes=10000-", 10000, 10239, True),
        ("bytes=-5", 10235, 10239, True),
        ("bytes=5-99999", 5, 10239, True),
        ("bytes=-99999", 0, 10239, True),
        ("bytes=0-1,5-9", 0, 10239, False),
        ("bytes=9-5", 0, 10239, False),
        ("lines=1-2", 0, 10239, False),
        ("bytes=-", 0, 10239, False),
    ],
)
def test_the_requested_bytes_are_sent(
    strict: Share,
    visitor: Caller,
    tokens: PresentedTokens,
    now: datetime,
    byte_range: str,
    start: int,
    end: int,
    partial: bool,
) -> None:
    stream, body = read(strict, visitor, tokens, now, range_header=byte_range)
    assert (stream.start, stream.end, stream.partial) == (start, end, partial)
    assert body == BODY[start : end + 1]


def test_a_place_beyond_the_end_is_refused(
    strict: Share, visitor: Caller, tokens: PresentedTokens, now: datetime
) -> None:
    with pytest.raises(errors.OutOfRange):
        read(strict, visitor, tokens, now, range_header="bytes=10240-")


def test_a_resume_of_another_file_starts_over(
    strict: Share, visitor: Caller, tokens: PresentedTokens, now: datetime
) -> None:
    stream, body = read(strict, visitor, tokens, now, range_header="bytes=5-", condition='"another"')
    assert (stream.partial, body) == (False, BODY)
    assert read(strict, visitor, tokens, now, range_header="bytes=5-", condition=stream.tag)[0].partial


def test_without_a_grant_nothing_comes_and_nothing_was_ever_signed(
    strict: Share, visitor: Caller, tokens: PresentedTokens, now: datetime
) -> None:
    with pytest.raises(errors.UsedUp):
        read(strict, visitor, PresentedTokens(), now)
    with pytest.raises(errors.UsedUp):
        read(strict, visitor, PresentedTokens(grant=tokens.grant[:-1] + "x"), now)
    assert not Event.objects.filter(kind="signed").exists()
    read(strict, visitor, tokens, now)
    assert Event.objects.filter(kind="streamed").count() == 1


def test_of_a_share_that_is_not_strict_the_address_leads_to_storage_afresh(
    make_share: MakeShare, visitor: Caller, client: Client, now: datetime
) -> None:
    share = make_share([BODY], max_downloads=1)
    page = f"/share/{share.pk}"
    address = f"{page}/files/{share.files.get().pk}/content"
    assert client.get(address).status_code == client.head(address).status_code == 403
    assert client.post(f"{page}/download").status_code == 303
    assert client.head(address).headers["Content-Length"] == "10240"
    for offset in (0, 10000):
        response = client.get(address, headers={"Range": f"bytes={offset}-"})
        assert (response.status_code, response["Cache-Control"]) == (303, "no-store, private")
        assert fetch(response["Location"]) == BODY
    share.refresh_from_db()
    kinds = list(Event.objects.of_share(share.pk).values_list("kind", flat=True))
    assert (share.download_count, kinds.count("granted"), kinds.count("signed")) == (1, 1, 3)
    client.cookies.clear()
    assert client.get(address).status_code == 410
    Share.objects.filter(pk=share.pk).update(used_up_at=None, max_downloads=None)
    assert client.get(address).status_code == 403
    assert kinds.count("signed") == Event.objects.of_share(share.pk).filter(kind="signed").count()


def test_a_running_stream_stops_when_the_share_ends(
    strict: Share,
    visitor: Caller,
    as_owner: Caller,
    tokens: PresentedTokens,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "CHECK_SECONDS", 0.0)
    stream = streams.open_file(strict.files.select_related("share").get(), Visit(visitor, now))
    shares.revoke(share=strict, caller=as_owner, now=now)
    with pytest.raises(errors.Removed):
        next(stream.body)
    with pytest.raises(errors.Removed):
        read(strict, visitor, tokens, now)


def test_streams_are_few_and_give_their_place_back(
    strict: Share, visitor: Caller, tokens: PresentedTokens, now: datetime
) -> None:
    file = strict.files.select_related("share").get()

    def start() -> streams.Stream:
        return streams.open_file(file, Visit(visitor, now))

    running = [start() for _ in range(streams.MAX_CONCURRENT_STREAMS)]
    with pytest.raises(errors.Busy):
        start()
    running[0].body.close()
    running[0].body.close()
    assert b"".join(start().body) == BODY
    running[1].body.close()


def test_the_owner_marks_a_share_strict_by_page_and_by_api(make_share: MakeShare, owner: User, client: Client) -> None:
    share = make_share(title="Plans")
    client.force_login(owner)
    initial_values = {"initial-title": "Plans", "initial-strict": "False"}
    client.post(f"/shares/{share.pk}/edit", initial_values | {"title": "Plans", "strict": "on", "strict_shown": "True"})
    assert client.get(f"/api/v1/shares/{share.pk}").json()["strict"] is True
    client.post(f"/shares/{share.pk}/edit", {"initial-title": "Plans", "title": "Other plans"})
    assert client.get(f"/api/v1/shares/{share.pk}").json()["strict"] is True
    changed = client.patch(f"/api/v1/shares/{share.pk}", {"strict": False}, content_type="application/json")
    assert (changed.status_code, changed.json()["strict"], changed.json()["title"]) == (200, False, "Other plans")


def test_a_script_shows_its_grant_in_a_header(strict: Share, client: Client) -> None:
    download = client.post(f"/api/v1/shares/{strict.pk}/downloads", {}, content_type="application/json").json()
    [link] = download["downloads"]
    assert link["url"].startswith("http://testserver/share/")
    assert client.get(link["url"]).status_code == 410
    assert client.get(link["url"], headers={"X-Share-Grant": download["grant"]}).getvalue() == BODY


def test_a_browser_is_led_there_and_resumes(strict: Share, client: Client) -> None:
    file = strict.files.get()
    page = f"/share/{strict.pk}"
    assert client.get(f"{page}/files/{file.pk}/content").status_code == 403
    response = client.post(f"{page}/files/{file.pk}/download")
    assert response.status_code == 303
    whole = client.get(response["Location"])
    assert (whole.status_code, whole.getvalue()) == (200, BODY)
    assert whole["Content-Disposition"].startswith("attachment")
    assert whole["Content-Type"] == "application/octet-stream"
    part = client.get(response["Location"], headers={"Range": "bytes=10000-", "If-Range": whole["ETag"]})
    assert (part.status_code, part.getvalue(), part["Content-Range"]) == (206, BODY[10000:], "bytes 10000-10239/10240")
    head = client.head(response["Location"])
    assert (head.status_code, head["Content-Length"], head.getvalue()) == (200, "10240", b"")
    assert client.get(response["Location"], headers={"Range": "bytes=99999-"}).status_code == 416
