"""Who gets plain words and who the page, and which POSTs need no form's token."""

from collections.abc import Callable

import pytest
from django.test import Client

from shares.models import Grant, Share, User
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ANY = "*/*"
LINE = "curl/8.5.0"


@pytest.mark.parametrize(
    ("accept", "agent", "plain"),
    [
        (ANY, LINE, True),
        (ANY, "Wget/1.21", True),
        (ANY, "", True),
        ("text/plain", "Mozilla/5.0", True),
        ("application/json", "own script", True),
        ("text/html;q=0, */*", LINE, True),
        (CHROME, "Mozilla/5.0", False),
        (CHROME, LINE, False),
        ("text/html", "w3m/0.5.3", False),
        ("text/*;q=0.5, text/plain", "Lynx/2.9", False),
        ("", "", False),
        (ANY, "facebookexternalhit/1.1", False),
        (ANY, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", False),
        (ANY, "WhatsApp/2.23", False),
        (ANY, "Mozilla/5.0 (compatible; Discordbot/2.0)", False),
        (ANY, "TelegramBot (like TwitterBot)", False),
    ],
)
def test_accept_decides_who_gets_plain_words(make_share: MakeShare, accept: str, agent: str, plain: bool) -> None:
    share = make_share(title="Plans")
    headers = {"user-agent": agent} | ({"accept": accept} if accept else {})
    answer = Browser().client.get(f"/share/{share.pk}", headers=headers)
    kind = answer.headers["Content-Type"]
    assert kind == ("text/plain; charset=utf-8" if plain else "text/html; charset=utf-8")
    assert "Plans" in answer.content.decode()
    assert ("og:title" in answer.content.decode()) is not plain


def program(share: Share, *, act: str = "download", **cookies: str) -> Client:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1", "accept": ANY, "user-agent": LINE})
    client.cookies.load(cookies)
    return client


def test_a_program_posts_without_a_token_and_takes_one_unit(make_share: MakeShare) -> None:
    share = make_share(max_downloads=1)
    client = program(share)
    for _ in range(2):  # The second time with the cookies of the first.
        assert client.post(f"/share/{share.pk}/download").status_code == 303
    assert Grant.objects.count() == 1
    refused = program(share).post(f"/share/{share.pk}/download")
    assert (refused.status_code, refused.headers["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert refused.content.decode().startswith("All downloads are used up.")


@pytest.mark.parametrize(
    "mark",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-mode": "navigate"},
        {"sec-fetch-dest": "document"},
    ],
)
def test_whatever_shows_a_mark_of_browsers_needs_the_token(make_share: MakeShare, mark: dict[str, str]) -> None:
    share = make_share()
    for act in ("download", f"files/{share.files.get().pk}/download", "unlock", "opened"):
        assert program(share).post(f"/share/{share.pk}/{act}", headers=mark).status_code == 403
    assert not Grant.objects.exists()


def test_whoever_keeps_a_cookie_of_our_pages_needs_the_token(make_share: MakeShare, owner: User) -> None:
    share = make_share()
    seen, signed_in = Browser(), Browser(owner)
    seen.see(f"/share/{share.pk}")
    for client in (seen.client, signed_in.client):
        assert client.post(f"/share/{share.pk}/download").status_code == 403
    assert not Grant.objects.exists()


def test_no_other_address_is_exempt(db: None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    for path in ("/accounts/login/", "/shares/bulk", "/admin/login/", f"/shares/{'x' * 22}/revoke"):
        assert client.post(path).status_code == 403, path
