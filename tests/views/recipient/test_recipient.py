"""The recipient's page without JavaScript: every state has its text and status, and every action works."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Grant, Share, SharedFile, User
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from tests.fixtures import fetch, send
from tests.views.browser import Browser, query

MakeShare = Callable[..., Share]


def link(share: Share, *segments: str) -> str:
    return "/".join(["/share", share.pk, *segments])


def end(share: Share, **columns: object) -> None:
    Share.objects.filter(pk=share.pk).update(**columns)


def test_an_open_share_shows_who_sent_what_and_how_long_it_lasts(make_share: MakeShare) -> None:
    share = make_share([b"x" * 1500, b"y"], title="Drawings <b>", message="Look at\nthe pier", max_downloads=5)
    browser = Browser()
    html = browser.see(link(share))
    assert "Drawings &lt;b&gt;" in html
    for text in ("Olga Owner sent you 2 files", "the pier", "file-0.txt", "1.5 kB", "5 of 5", "7 days left"):
        assert text in browser.text, text
    assert "owner@example.com" not in html
    assert "What counts as a download?" in browser.text


def test_the_only_file_is_one_button_and_its_bytes_come_back(make_share: MakeShare) -> None:
    share = make_share([b"the bytes"])
    browser = Browser()
    browser.see(link(share))
    response = browser.send(link(share, "download"))
    assert response.headers["Cache-Control"] == "no-store, private"
    assert fetch(response.headers["Location"]) == b"the bytes"


def test_each_of_several_files_has_its_button_for_one_download(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=1)
    browser = Browser()
    browser.see(link(share))
    for file, body in zip(share.files.all(), (b"one", b"two"), strict=True):
        response = browser.send(link(share, "files", file.pk, "download"))
        assert fetch(response.headers["Location"]) == body
    share.refresh_from_db()
    assert (share.download_count, Grant.objects.count()) == (1, 1)
    browser.see(link(share))
    assert "You've used one of the downloads" in browser.text
    other_browser = Browser()
    other_browser.see(link(share), status=410)
    assert "Download limit reached" in other_browser.text


def test_the_redirect_is_a_short_lived_attachment_with_the_bytes(make_share: MakeShare) -> None:
    share = make_share(expires_at=timezone.now() + timedelta(seconds=50))
    browser = Browser()
    browser.see(link(share))
    parameters = query(browser.send(link(share, "download")).headers["Location"])
    assert parameters["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert 0 < int(parameters["X-Amz-Expires"]) <= 50
    assert parameters["response-content-disposition"].startswith("attachment;")
    assert parameters["response-content-type"] == "application/octet-stream"
    assert parameters["response-cache-control"] == "no-store, private"


def test_a_locked_share_shows_nothing_before_the_password(make_share: MakeShare) -> None:
    share = make_share([b"secret bytes"], title="Contracts", password="open sesame")
    browser = Browser()
    html = browser.see(link(share))
    assert "These files are protected" in browser.text
    assert "Contracts" not in html
    assert "file-0" not in html
    assert "og:title" not in html
    browser.send(link(share, "unlock"), password="wrong", status=403)
    assert "That password is not right" in browser.text
    browser.send(link(share, "unlock"), password="open sesame\u00a0 ")
    browser.see(link(share))
    assert "Contracts" in browser.text
    assert fetch(browser.send(link(share, "download")).headers["Location"]) == b"secret bytes"
    assert "Contracts" not in Browser().see(link(share))


def test_a_locked_share_is_not_downloaded_by_those_who_skip_the_form(make_share: MakeShare) -> None:
    share = make_share(password="open sesame")
    browser = Browser()
    browser.see(link(share))
    token = browser.page.forms[link(share, "unlock")]
    for path in (link(share, "download"), link(share, "files", share.files.get().pk, "download")):
        response = browser.client.post(path, token)
        assert response.status_code == 403
        assert "file-0" not in response.content.decode()
    assert not Grant.objects.exists()


def test_too_many_attempts_say_when_to_try_again_and_an_unlocked_browser_continues(make_share: MakeShare) -> None:
    share = make_share(password="open sesame")
    friend = Browser()
    friend.see(link(share))
    friend.send(link(share, "unlock"), password="open sesame")
    browser = Browser()
    browser.see(link(share))
    for _ in range(10):
        browser.send(link(share, "unlock"), password="guess", status=403)
    response = browser.send(link(share, "unlock"), password="open sesame", status=429)
    assert 0 < int(response.headers["Retry-After"]) <= 900
    assert "Try again in 1" in browser.text
    friend.see(link(share))
    friend.send(link(share, "download"))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"expires_at": -1}, "This share has expired"),
        ({"used_up_at": -1}, "Download limit reached"),
        ({"revoked_at": -1}, "This share was removed"),
    ],
)
def test_an_ended_share_shows_how_it_ended_and_serves_nothing(
    make_share: MakeShare, columns: dict[str, int], text: str
) -> None:
    share = make_share(title="Budget")
    browser = Browser()
    browser.see(link(share))
    end(share, **{name: timezone.now() + timedelta(seconds=seconds) for name, seconds in columns.items()})
    browser.send(link(share, "download"), status=410)
    assert text in browser.text
    html = browser.see(link(share), status=410)
    assert text in browser.text
    assert "Budget" not in html
    assert not browser.offers(link(share, "download"))
    assert not Grant.objects.exists()


def test_a_share_still_uploading_shows_each_file_as_it_arrives(storage: None, as_owner: Caller) -> None:
    now = timezone.now()
    specs = [FileSpec(name=f"part-{n}.bin", size=3) for n in range(5)]
    share = shares.create(caller=as_owner, values={"expires_at": now + timedelta(days=1)}, specs=specs, now=now)
    browser = Browser()
    browser.see(link(share))
    assert "Nothing is ready yet" in browser.text
    files = list(SharedFile.objects.select_related("share__owner", "upload__file").order_by("position"))
    for file in files[:3]:
        send(file, b"abc", as_owner, now)
    browser.see(link(share))
    assert "3 of 5 files ready. The rest is still uploading." in browser.text
    browser.send(link(share, "files", files[0].pk, "download"))
    assert not browser.offers(link(share, "files", files[4].pk, "download"))
    token = browser.page.forms[link(share, "download")]
    response = browser.client.post(link(share, "files", files[4].pk, "download"), token)
    assert response.status_code == 409
    assert "still being uploaded" in response.content.decode()


def test_links_to_nothing_are_404_with_a_message(make_share: MakeShare) -> None:
    share = make_share()
    browser = Browser()
    for path in ("/share/" + "x" * 22, "/share/short", link(share)[:-1], link(share) + "x", link(share, "files")):
        browser.see(path, status=404)
        assert "Page not found" in browser.text
        assert "ask the sender" in browser.text
    browser.see(link(share))
    token = browser.page.forms[link(share, "download")]
    other_share = make_share([b"other"])
    response = browser.client.post(link(share, "files", other_share.files.get().pk, "download"), token)
    assert response.status_code == 404


def test_a_forged_token_or_one_of_another_share_grants_nothing(make_share: MakeShare) -> None:
    first, second = make_share(password="one"), make_share(password="two")
    browser = Browser()
    browser.see(link(first))
    browser.send(link(first, "unlock"), password="one")
    token = browser.client.cookies["unlock"].value
    for value in (token, token[:-1] + "A", "x", "\xe9", "a" * 3000):
        thief = Browser()
        thief.client.cookies["unlock"] = thief.client.cookies["grant"] = value
        thief.see(link(second))
        assert "These files are protected" in thief.text


def test_a_new_password_ends_every_grant(make_share: MakeShare, as_owner: Caller) -> None:
    share = make_share(password="old")
    browser = Browser()
    browser.see(link(share))
    browser.send(link(share, "unlock"), password="old")
    browser.see(link(share))
    browser.send(link(share, "download"))
    shares.edit(share=share, caller=as_owner, changes={"password": "new"}, now=timezone.now())
    browser.see(link(share))
    assert "These files are protected" in browser.text


def test_the_owner_is_offered_to_manage_and_a_colleague_is_not(
    make_share: MakeShare, colleague: User, owner: User
) -> None:
    share = make_share()
    assert "Manage" in Browser(owner).see(link(share))
    assert "Manage" not in Browser(colleague).see(link(share))


def test_tokens_are_cookies_of_this_share_that_scripts_cannot_read(make_share: MakeShare) -> None:
    share = make_share(password="open sesame")
    browser = Browser()
    browser.see(link(share))
    cookie = browser.send(link(share, "unlock"), password="open sesame").cookies["unlock"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (link(share), True, "Lax")
    assert 0 < cookie["max-age"] <= 86400


def test_a_request_in_the_last_second_takes_no_download(make_share: MakeShare) -> None:
    share = make_share(max_downloads=1)
    browser = Browser()
    browser.see(link(share))
    end(share, expires_at=timezone.now() + timedelta(seconds=0.9))
    browser.send(link(share, "download"), status=410)
    share.refresh_from_db()
    assert share.download_count == 0
    assert not Event.objects.filter(kind=Event.Kind.GRANTED).exists()
