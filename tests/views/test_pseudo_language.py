"""Pages that people seldom see, in a pseudo-language: conflicts, outages, errors, and the forms without JavaScript."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from pytest_django import Settings

from shares.models import Preset, Share, TypeRule, User
from tests.e2e.languages.pages import ACCENTED, NAMES, WORD, english_words
from tests.project.catalogs.pseudo import write_pseudo_language
from tests.views.browser import Browser

# Names, units and endings that are the same in every language.
KNOWN_WORDS = NAMES | {
    "Plans",
    "Preset",
    "Zoë",
    "Zo",
    "file",
    "txt",
    "TXT",
    "report",
    "pdf",
    "exe",
    "kB",
    "MB",
    "GB",
    "hello",
    "Olga",
    "Owner",
}
CLOSED_PORT = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogs")
    write_pseudo_language(folder, "en_XA")
    return folder


@pytest.fixture(autouse=True)
def pseudo_language(catalogs: Path, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), (ACCENTED, "Accented")]
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, catalogs]


def browser(user: User | None = None) -> Browser:
    accented = Browser(user)
    accented.client.defaults["HTTP_ACCEPT_LANGUAGE"] = ACCENTED
    return accented


def require_translated(html: str) -> None:
    """Every text of the page is translated, the names of its elements included, and there are some."""
    visible = re.sub(r"(?s)<(script|style|template|code|noscript)\b.*?</\1>|<!--.*?-->", "", html)
    labels = re.findall(r'(?:alt|aria-label|placeholder|title)="([^"]*)"', visible)
    texts = [*re.sub(r"<[^>]*>", "\n", visible).splitlines(), *labels]
    texts = [re.sub(r"&[#\w]+;", " ", text) for text in texts if "@" not in text]
    assert "«" in html
    presets = " ".join(f"{preset.name} {preset.help}" for preset in Preset.objects.all())
    assert english_words(texts, KNOWN_WORDS | set(WORD.findall(presets))) == []


def test_the_conflict_of_two_tabs(make_share: Callable[..., Share], owner: User) -> None:
    share = make_share(title="Plans", max_downloads=5)
    first, action = browser(owner), f"/shares/{share.pk}/edit"
    require_translated(first.see(f"/shares/{share.pk}/"))
    Share.objects.filter(pk=share.pk).update(title="Zoë", max_downloads=None, password="x", password_version=9)
    conflict = first.send(action, status=409, title="report", max_downloads="7", password="hello", expires_in="keep")
    assert conflict.content.decode().count("«Çĥååñĝééđ") == 3
    require_translated(conflict.content.decode())
    outdated = first.client.post(
        action, {"title": "Plans", "csrfmiddlewaretoken": first.page.forms[action]["csrfmiddlewaretoken"]}
    )
    assert outdated.status_code == 409
    require_translated(outdated.content.decode())


def test_an_outage_of_storage(make_share: Callable[..., Share], owner: User, settings: Settings) -> None:
    share = make_share()
    options = settings.STORAGES["shares"]["OPTIONS"] | {"endpoint_url": CLOSED_PORT, "public_endpoint_url": CLOSED_PORT}
    settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
    visitor = browser()
    require_translated(visitor.see(f"/share/{share.pk}"))
    require_translated(visitor.send(f"/share/{share.pk}/download", status=503).content.decode())
    require_translated(browser(owner).see(f"/shares/{share.pk}/"))


def test_errors(owner: User) -> None:
    forged = browser(owner)
    response = forged.client.post("/account/", {"name": "x"})
    assert response.status_code == 403
    require_translated(response.content.decode())
    with translation.override(ACCENTED):
        for template in ("400.html", "403.html", "429.html", "500.html", "host.html"):
            require_translated(render_to_string(template))


def test_a_failure_of_the_site(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_request: object) -> HttpResponse:
        raise RuntimeError

    monkeypatch.setattr("shares.views.home.get_token", fail)
    visitor = browser()
    visitor.client.raise_request_exception = False
    require_translated(visitor.see("/", status=500))


def test_a_form_that_is_sent_after_a_sign_in(make_share: Callable[..., Share], owner: User) -> None:
    share, forms = make_share(), browser(owner)
    forms.see(f"/shares/{share.pk}/")
    forms.client.cookies["csrftoken"] = "x" * 32
    response = forms.client.post(f"/shares/{share.pk}/edit", {"title": "Plans"})
    assert response.status_code == 403
    require_translated(response.content.decode())


def test_a_file_without_javascript(storage: None, owner: User) -> None:
    sender = browser(owner)
    TypeRule.objects.create(action="deny", extensions="exe")
    require_translated(sender.see("/shares/new"))
    refusals = [
        ({"name": "", "size": "7"}, 422),
        ({"name": "report.exe", "size": "10000000"}, 422),
        ({"name": "report.pdf", "size": "10000000", "expires_in": "own"}, 422),
        ({"name": "report.pdf", "size": "10000000", "max_downloads": "0", "expires_at": "x"}, 422),
    ]
    for fields, status in refusals:
        require_translated(_announce(sender, fields, status))
    sender.see("/shares/new")
    response = sender.send("/shares/new/announce", name="report.pdf", size="10000000", preset="")
    require_translated(sender.see(response["Location"]))
    User.objects.filter(pk=owner.pk).update(quota_bytes=1)
    require_translated(sender.see("/shares/new"))


def _announce(sender: Browser, fields: dict[str, str], status: int) -> str:
    return sender.send("/shares/new/announce", status=status, **fields).content.decode()
