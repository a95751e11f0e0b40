"""A request for the page never counts and never signs, from any client; a download does. The three numbers differ."""

from collections.abc import Callable
from itertools import product

from shares.models import Event, Grant, Share, User
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "curl/8.5.0",
    "",
)


def test_a_get_of_any_page_changes_no_row_and_signs_nothing(make_share: MakeShare) -> None:
    share = make_share([b"one", b"two"], max_downloads=3)
    file = share.files.first()
    assert file is not None
    before = list(Share.objects.values())
    events = Event.objects.count()
    paths = ["", "/download", "/unlock", "/opened", f"/files/{file.pk}/download"]
    browser = Browser()
    methods = (browser.client.get, browser.client.head, browser.client.options)
    for path, send, agent in product(paths, methods, AGENTS):
        response = send(f"/share/{share.pk}{path}", headers={"user-agent": agent})
        assert response.status_code in {200, 405}
        assert "X-Amz" not in response.content.decode()
        assert "Location" not in response.headers
    assert list(Share.objects.values()) == before
    assert Event.objects.count() == events
    assert not Grant.objects.exists()
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/files/{file.pk}/download")
    share.refresh_from_db()
    assert share.download_count == 1


def kinds(share: Share) -> dict[str, int]:
    event_kinds = (Event.Kind.OPENED, Event.Kind.GRANTED, Event.Kind.SIGNED)
    return {kind.value: Event.objects.of_share(share.pk).filter(kind=kind).count() for kind in event_kinds}


def test_the_page_s_script_opens_once_per_browser(make_share: MakeShare) -> None:
    share = make_share()
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    token = browser.page.forms[f"/share/{share.pk}/download"]
    for _ in range(3):
        assert browser.client.post(f"/share/{share.pk}/opened", token).status_code == 204
    assert kinds(share) == {"opened": 1, "granted": 0, "signed": 0}
    browser.send(f"/share/{share.pk}/download")
    browser.send(f"/share/{share.pk}/download")
    assert kinds(share) == {"opened": 1, "granted": 1, "signed": 2}


def test_without_a_script_the_first_download_counts_as_opened(make_share: MakeShare) -> None:
    share = make_share()
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    browser.send(f"/share/{share.pk}/download")
    assert kinds(share) == {"opened": 1, "granted": 1, "signed": 1}


def test_a_visit_of_the_owner_is_not_counted_as_opened(make_share: MakeShare, owner: User) -> None:
    share = make_share()
    browser = Browser(owner)
    html = browser.see(f"/share/{share.pk}")
    assert "data-opened" not in html
    browser.client.post(f"/share/{share.pk}/opened", browser.page.forms[f"/share/{share.pk}/download"])
    assert kinds(share)["opened"] == 0


def test_a_post_without_the_form_s_token_does_nothing(make_share: MakeShare) -> None:
    share = make_share()
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    for path in ("download", "unlock", "opened"):
        response = browser.client.post(f"/share/{share.pk}/{path}", {"csrfmiddlewaretoken": "x" * 64})
        assert response.status_code == 403
        assert "This page has expired" in response.content.decode()
    assert kinds(share) == {"opened": 0, "granted": 0, "signed": 0}


def test_a_locked_share_is_not_opened_by_the_script_of_a_stranger(make_share: MakeShare) -> None:
    share = make_share(password="open sesame")
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    token = browser.page.forms[f"/share/{share.pk}/unlock"]
    assert browser.client.post(f"/share/{share.pk}/opened", token).status_code == 204
    browser.send(f"/share/{share.pk}/unlock", password="wrong", status=403)
    assert kinds(share)["opened"] == 0
    browser.send(f"/share/{share.pk}/unlock", password="open sesame")
    assert kinds(share)["opened"] == 1
