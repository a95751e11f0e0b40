"""Which clients get plain text and which the page, and which POSTs need no CSRF token."""

from collections.abc import Callable

import pytest
from django.test import Client

from shares.models import Grant, PasswordAttempt, Share, SharedFile, User
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
def test_the_accept_header_selects_plain_text(make_share: MakeShare, accept: str, agent: str, plain: bool) -> None:
    share = make_share(title="Plans")
    headers = {"user-agent": agent} | ({"accept": accept} if accept else {})
    response = Browser().client.get(f"/share/{share.pk}", headers=headers)
    kind = response.headers["Content-Type"]
    assert kind == ("text/plain; charset=utf-8" if plain else "text/html; charset=utf-8")
    assert "Plans" in response.content.decode()
    assert ("og:title" in response.content.decode()) is not plain


# As recorded: wget2 1.99.1, rclone 1.60.1 and aria2 1.36.0, each fetching what is pasted after its name.
WGET2 = {
    "accept-encoding": "gzip, deflate, bzip2, xz, lzma, br",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "user-agent": "wget2/1.99.1",
}
RCLONE = {"user-agent": "rclone/", "accept-encoding": "gzip"}
ARIA2 = {
    "user-agent": "aria2/1.36.0",
    "accept": "*/*,application/metalink4+xml,application/metalink+xml",
    "want-digest": "SHA-512;q=1, SHA-256;q=1, SHA;q=0.1",
}


def client_of(headers: dict[str, str]) -> Client:
    return Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1", **headers})


@pytest.mark.parametrize("headers", [RCLONE, RCLONE | {"user-agent": "rclone/v1.60.1-DEV"}, ARIA2])
def test_what_would_save_a_page_for_the_file_fails_and_is_led_by_a_grant(
    make_share: MakeShare, headers: dict[str, str]
) -> None:
    share = make_share(max_downloads=2)
    client = client_of(headers)
    for method in (client.get, client.head):
        refusal = method(f"/share/{share.pk}")
        assert (refusal.status_code, refusal.headers["Content-Type"]) == (406, "text/plain; charset=utf-8")
    assert "Use a browser, curl or wget." in client.get(f"/share/{share.pk}").content.decode()
    assert client.get(f"/share/{share.pk}/download").status_code == 405
    content = f"/share/{share.pk}/files/{share.files.get().pk}/content"
    assert client.get(content).status_code == 403
    download = program(share).post(f"/share/{share.pk}/download")
    for _ in range(8):
        assert client.get(content, headers={"x-share-grant": download.cookies["grant"].value}).status_code == 303
    assert Grant.objects.count() == 1


@pytest.mark.parametrize("agent", ["wget2/1.99.1", "Wget2/2.1.0", "Wget/2.2.0"])
def test_wget2_is_refused_before_a_download_is_taken(make_share: MakeShare, agent: str) -> None:
    share, locked = make_share([b"one", b"two"], max_downloads=1), make_share(password="open sesame")
    client = client_of(WGET2 | {"user-agent": agent})
    form = "application/x-www-form-urlencoded"
    for action in ("download", f"files/{share.files.all()[0].pk}/download"):
        refusal = client.post(f"/share/{share.pk}/{action}", "", content_type=form)
        assert (refusal.status_code, refusal.headers["Content-Type"]) == (406, "text/plain; charset=utf-8")
        assert "wget2 repeats the POST at the storage" in refusal.content.decode()
    assert client.post(f"/share/{locked.pk}/unlock", "password=x", content_type=form).status_code == 406
    assert not Grant.objects.exists()
    assert not PasswordAttempt.objects.exists()
    page = client.get(f"/share/{share.pk}")
    assert page.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "wget2 doesn't work" in page.content.decode()
    assert "  curl -fLOJ" in page.content.decode()
    assert "  wget " not in page.content.decode()


def test_wget_1_is_no_wget2(make_share: MakeShare) -> None:
    share = make_share()
    for agent in ("Wget/1.21.3", "Wget/1.25", "curl/8.5.0"):
        client = client_of({"accept": ANY, "user-agent": agent})
        assert "  wget --content-disposition" in client.get(f"/share/{share.pk}").content.decode()
        assert client.post(f"/share/{share.pk}/download").status_code == 303


@pytest.mark.parametrize(
    ("name", "curl", "wget"),
    [
        ("report (2).pdf", "-fLOJ", "--content-disposition"),
        ("Überblick.txt", "-fL -o 'Überblick.txt'", "-O 'Überblick.txt'"),
        ("100 %.txt", "-fL -o '100 %.txt'", "-O '100 %.txt'"),
        ("日本's; rm -rf ~", """-fL -o '日本'"'"'s; rm -rf ~'""", """-O '日本'"'"'s; rm -rf ~'"""),
        ("-é", "-fL -o './-é'", "-O './-é'"),
        ("12:30 é?", "-fL -o '12_30 é_'", "-O '12_30 é_'"),
    ],
)
def test_a_command_names_the_file_where_programs_would_mangle_it(
    make_share: MakeShare, name: str, curl: str, wget: str
) -> None:
    share = make_share()
    SharedFile.objects.update(name=name)
    page = client_of({"accept": ANY, "user-agent": LINE}).get(f"/share/{share.pk}").content.decode()
    assert f"  curl {curl} -b pass -c pass -d '' http://127.0.0.1/share/{share.pk}/download\n" in page
    assert f"  wget {wget} --load-cookies" in page


def program(share: Share, *, action: str = "download", **cookies: str) -> Client:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1", "accept": ANY, "user-agent": LINE})
    client.cookies.load(cookies)
    return client


def test_a_program_posts_without_a_token_and_costs_one_download(make_share: MakeShare) -> None:
    share = make_share(max_downloads=1)
    client = program(share)
    for _ in range(2):  # The second time with the cookies of the first.
        assert client.post(f"/share/{share.pk}/download").status_code == 303
    assert Grant.objects.count() == 1
    refusal = program(share).post(f"/share/{share.pk}/download")
    assert (refusal.status_code, refusal.headers["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert refusal.content.decode().startswith("Download limit reached.")


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
    for action in ("download", f"files/{share.files.get().pk}/download", "unlock", "opened"):
        assert program(share).post(f"/share/{share.pk}/{action}", headers=mark).status_code == 403
    assert not Grant.objects.exists()


def test_a_client_with_a_cookie_of_our_pages_needs_the_token(make_share: MakeShare, owner: User) -> None:
    share = make_share()
    visitor, signed_in = Browser(), Browser(owner)
    visitor.see(f"/share/{share.pk}")
    for client in (visitor.client, signed_in.client):
        assert client.post(f"/share/{share.pk}/download").status_code == 403
    assert not Grant.objects.exists()


def test_no_other_address_is_exempt(db: None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    for path in ("/accounts/login/", "/shares/bulk", "/admin/login/", f"/shares/{'x' * 22}/revoke"):
        assert client.post(path).status_code == 403, path
