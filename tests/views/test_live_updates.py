"""What a page requests while files arrive: cheap, never counted or signed, nothing if the page shows nothing."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Grant, Share, SharedFile, Upload, User
from shares.services.downloads.page import MAX_POLL_SECONDS, MIN_POLL_SECONDS, SMALL_SHARE_FILES
from shares.services.sharing import files, shares
from shares.services.sharing.files import FileSpec

Draft = Callable[..., Share]
HOST = {"host": "127.0.0.1"}


@pytest.fixture
def draft(as_owner: Caller) -> Draft:
    """A share whose files are announced; none has arrived."""

    def make(count: int = 3, **changes: object) -> Share:
        now = timezone.now() - timedelta(minutes=1)
        changes = {"expires_at": now + timedelta(days=7)} | changes
        specs = [FileSpec(name=f"file-{n}.txt", size=5) for n in range(count)]
        return shares.create(caller=as_owner, values=changes, specs=specs, now=now)  # type: ignore[arg-type]

    return make


def arrive(share: Share, *positions: int) -> None:
    """As completion stamps it; that only verified bytes get there is tested with real storage."""
    SharedFile.objects.filter(share=share, position__in=positions).update(ready_at=timezone.now())


def request_updates(
    share: Share, client: Client | None = None, *, owner: bool = False, since: str = "", tag: str = ""
) -> HttpResponse:
    path = f"/shares/{share.pk}/arrivals" if owner else f"/share/{share.pk}/arrivals"
    client = client or Client(headers=HOST)
    return client.get(f"{path}?since={quote(since)}", headers=HOST | ({"If-None-Match": tag} if tag else {}))  # type: ignore[return-value]


def test_each_file_can_be_had_as_it_arrives(draft: Draft) -> None:
    share = draft(3, title="Drawings")
    first = request_updates(share)
    assert "Nothing is ready yet." in first.text
    assert '/download"' not in first.text
    arrive(share, 1)
    second = request_updates(share)
    assert "1 of 3 files ready." in second.text
    assert second.text.count('/download"') == 1
    assert f"/files/{share.files.get(position=1).pk}/download" in second.text
    arrive(share, 0, 2)
    last = request_updates(share)
    assert "All 3 files are ready." in last.text
    assert "Download all, 15 bytes" in last.text
    assert [response["Look-Again"] for response in (first, second, last)] == [
        str(MIN_POLL_SECONDS),
        str(MIN_POLL_SECONDS),
        "0",
    ]
    assert first["Cache-Control"] == "no-store, private"


def test_nothing_new_is_three_hundred_and_four_without_a_body(
    draft: Draft, owner: User, request: pytest.FixtureRequest
) -> None:
    share = draft(3)
    client = Client(headers=HOST)
    client.force_login(share.owner)
    tags = {is_owner: request_updates(share, client, owner=is_owner)["ETag"] for is_owner in (False, True)}
    for owner_view, tag in tags.items():
        not_modified = request_updates(share, client, owner=owner_view, tag=tag)
        assert (not_modified.status_code, not_modified.content, not_modified["ETag"], not_modified["Look-Again"]) == (
            304,
            b"",
            tag,
            str(MIN_POLL_SECONDS),
        )
    arrive(share, 0)
    for owner_view, tag in tags.items():
        assert request_updates(share, client, owner=owner_view, tag=tag).status_code == 200


def test_asking_counts_and_signs_nothing(draft: Draft) -> None:
    share = draft(3, max_downloads=1)
    arrive(share, 0)
    before = Event.objects.count()
    responses = [request_updates(share) for _ in range(20)]
    assert {response.status_code for response in responses} == {200}
    assert not any(response.cookies for response in responses)
    assert "X-Amz" not in responses[0].text
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count(), Event.objects.count()) == (0, 0, before)


def test_a_locked_share_gives_nothing_before_it_is_unlocked(draft: Draft) -> None:
    share = draft(2, title="Contracts", password="open sesame")
    arrive(share, 0)
    response = request_updates(share)
    assert (response.status_code, response.content) == (403, b"")
    assert "Look-Again" not in response.headers
    client = Client(headers=HOST)
    client.post(f"/share/{share.pk}/unlock", {"password": "open sesame"})
    assert "1 of 2 files ready" in request_updates(share, client).text
    Share.objects.filter(pk=share.pk).update(password_version=2)
    response = request_updates(share, client)
    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize("column", ["revoked_at", "expires_at", "used_up_at"])
def test_a_share_that_ended_gives_nothing(draft: Draft, column: str) -> None:
    share = draft(2)
    Share.objects.filter(pk=share.pk).update(**{column: timezone.now()})
    response = request_updates(share)
    assert (response.status_code, response.content) == (410, b"")


def test_only_the_owner_sees_the_owner_s_side(draft: Draft, colleague: User) -> None:
    share = draft(2)
    stranger = Client(headers=HOST)
    assert request_updates(share, stranger, owner=True).status_code == 302
    stranger.force_login(colleague)
    assert request_updates(share, stranger, owner=True).status_code == 404
    arrive(share, 1)
    owner_client = Client(headers=HOST)
    owner_client.force_login(share.owner)
    response = request_updates(share, owner_client, owner=True)
    assert "1 of 2 files ready" in response.text
    assert response.text.count("Remove this file") == 2


def test_of_many_files_only_changed_ones_are_sent(draft: Draft) -> None:
    share = draft(SMALL_SHARE_FILES + 10)
    page = request_updates(share)
    assert page.text.count("<li") == SMALL_SHARE_FILES + 10
    since = timezone.now().isoformat()
    assert request_updates(share, since=since).text.count("<li") == 0
    arrive(share, 7, 8)
    late = request_updates(share, since=since)
    assert late.text.count("<li") == 2
    assert f"2 of {SMALL_SHARE_FILES + 10} files ready" in late.text
    assert len(late.content) < 5000
    specs = [FileSpec(name="late.txt", size=1)]
    files.declare(share=share, specs=specs, caller=Caller(user=share.owner), now=timezone.now())
    assert request_updates(share, since=since).text.count("<li") == 3


INVALID_TIMES = ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-13-01", "2026-01-01T00:00"]


@pytest.mark.parametrize("since", INVALID_TIMES)
def test_an_invalid_time_returns_everything(draft: Draft, since: str) -> None:
    share = draft(SMALL_SHARE_FILES + 1)
    assert request_updates(share, since=since).text.count("<li") == SMALL_SHARE_FILES + 1


def test_when_nothing_is_uploaded_it_polls_rarely(draft: Draft) -> None:
    share = draft(2)
    Upload.objects.update(touched_at=timezone.now() - timedelta(hours=2))
    assert request_updates(share)["Look-Again"] == str(MAX_POLL_SECONDS)


def test_asking_is_cheap(draft: Draft) -> None:
    share = draft(3)
    tag = request_updates(share)["ETag"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert request_updates(share, tag=tag).status_code == 304
    assert len(queries) <= 6, [query["sql"] for query in queries]
