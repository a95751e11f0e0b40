"""The owner's own downloads: not counted, no password, at any limit; the history names their owner."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from shares.models import Event, Grant, Share, User
from shares.services.accounts import tokens
from tests.fixtures import fetch
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


def untouched(share: Share) -> None:
    after = Share.objects.get(pk=share.pk)
    assert (after.download_count, after.used_up_at) == (share.download_count, share.used_up_at)
    assert Grant.objects.filter(share=share).count() == share.download_count
    events = Event.objects.of_share(share.pk)
    assert not events.filter(kind__in=("granted", "opened", "unlocked")).exclude(user_email="").exists()
    assert set(events.filter(kind__in=("signed", "streamed")).values_list("user_email", flat=True)) == {
        "owner@example.com"
    }


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def share(make_share: MakeShare) -> Share:
    return make_share([b"one", b"two"], max_downloads=1, password="secret")


def test_through_the_pages(share: Share, owner: User) -> None:
    link = f"/share/{share.pk}"
    first, second = share.files.all()
    browser = Browser(owner)
    browser.see(link)
    assert "Your own downloads don" in browser.text
    assert "uses 1 download" not in browser.text
    response = browser.send(f"{link}/files/{first.pk}/download")
    assert fetch(response.headers["Location"]) == b"one"
    assert "grant" not in response.cookies
    assert fetch(browser.send(f"{link}/files/{first.pk}/preview").headers["Location"]) == b"one"
    assert body(browser.send(f"{link}/download", status=200))[:2] == b"PK"
    assert fetch(browser.client.get(f"{link}/files/{second.pk}/content").headers["Location"]) == b"two"
    assert "file-1.txt" in browser.client.get(f"{link}/SHA256SUMS").content.decode()
    form = browser.page.forms[f"{link}/download"]
    assert len(browser.client.post(f"{link}/archive", form).json()["files"]) == 2
    links = browser.client.post(f"{link}/archive/links", form | {"file": first.pk})
    assert fetch(links.json()["links"][0]["url"]) == b"one"
    untouched(share)


def test_a_strict_share_streams_to_its_owner(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one"], max_downloads=1, password="secret", strict=True)
    browser = Browser(owner)
    browser.see(f"/share/{share.pk}")
    response = browser.send(f"/share/{share.pk}/download")
    assert body(browser.client.get(response.headers["Location"])) == b"one"
    untouched(share)


def test_when_all_downloads_are_taken(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one"], max_downloads=1)
    recipient, browser = Browser(), Browser(owner)
    recipient.see(f"/share/{share.pk}")
    recipient.send(f"/share/{share.pk}/download")
    events = Event.objects.filter(user_email="")
    before = events.count()
    share.refresh_from_db()
    browser.see(f"/share/{share.pk}")
    assert "You can still download your own files." in browser.text
    assert fetch(browser.send(f"/share/{share.pk}/download").headers["Location"]) == b"one"
    assert (Grant.objects.count(), events.count()) == (1, before)
    Browser().see(f"/share/{share.pk}", status=410)


def test_through_the_api(share: Share, owner: User, colleague: User, now: datetime, client: Client) -> None:
    def start_download(token: str) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return client.post(
            f"/api/v1/shares/{share.pk}/downloads", "{}", content_type="application/json", headers=headers
        )

    def token(user: User, scope: str) -> str:
        return tokens.issue(user=user, scopes=[scope], days=1, name="t", now=now)

    response = start_download(token(owner, "read"))
    assert response.status_code == 200, response.content
    download = response.json()
    assert fetch(download["downloads"][0]["url"]) == b"one"
    assert (download["grant"], download["remaining"]) == ("", 1)
    untouched(share)
    # Anybody else's token, and one that may not read, is a recipient's; one that is none is refused.
    assert [
        start_download(bearer_token).status_code
        for bearer_token in ("", token(colleague, "read"), token(owner, "write"))
    ] == [403, 403, 403]
    assert start_download("no-such-token").status_code == 401


def test_a_strict_share_streams_to_its_owners_program(
    make_share: MakeShare, owner: User, now: datetime, client: Client
) -> None:
    share = make_share([b"one"], max_downloads=1, strict=True)
    headers = {"authorization": f"Bearer {tokens.issue(user=owner, scopes=['read'], days=1, name='t', now=now)}"}
    address = f"/api/v1/shares/{share.pk}/downloads"
    download = client.post(address, "{}", content_type="application/json", headers=headers).json()
    assert body(client.get(download["downloads"][0]["url"], headers=headers)) == b"one"
    assert client.get(download["downloads"][0]["url"]).status_code == 403
    untouched(share)


def test_what_has_ended_has_ended_for_its_owner_too(share: Share, owner: User, now: datetime) -> None:
    browser = Browser(owner)
    browser.see(f"/share/{share.pk}")
    Share.objects.update(expires_at=now)
    browser.send(f"/share/{share.pk}/download", status=410)


def test_a_colleague_who_is_signed_in_is_a_recipient(make_share: MakeShare, colleague: User) -> None:
    share = make_share([b"one"], max_downloads=1)
    browser = Browser(colleague)
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/download")
    assert Share.objects.get(pk=share.pk).download_count == 1
