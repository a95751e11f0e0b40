"""The pages in pseudo-languages: nothing stays English, and longer texts fit, from right to left as well."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.e2e.languages.pages import ACCENTED, PHONE, RIGHT_TO_LEFT, PageReader, english_words, sign_in
from tests.e2e.site import EMAIL, Site
from tests.project.catalogs.pseudo import pseudo_text, write_pseudo_language

VISITOR = {
    "welcome": "/",
    "sign in": "/accounts/login/",
    "sign-up closed": "/accounts/signup/",
    "password": "/accounts/password/reset/",
    "not found": "/nowhere/at/all",
    "no such share": "/share/" + "x" * 22,
}
SHARES = (
    "open",
    "locked",
    "barred",
    "expired",
    "used-up",
    "removed",
    "blocked",
    "wanted",
    "folders",
    "single",
    "uploading",
)
OWN_SHARES = ("open", "folders", "locked", "expired", "withheld", "scanning")
OWNER = {
    "home": "/",
    "list": "/shares/",
    "nothing found": "/shares/?q=zzzz",
    "account": "/account/",
    "change password": "/accounts/password/change/",
    "two-factor authentication": "/accounts/2fa/",
    "sign out": "/accounts/logout/",
}
MAILS = """
import json
from django.template.loader import render_to_string
from django.utils import translation
from shares.models import Share, User
share = Share.objects.select_related("owner").first()
values = {"share": share, "title": "", "site": "", "url": "", "recipient_name": ""}
values |= {"failures": 2, "scans": [], "more": 2}
names = ["reshare_request", "wrong_passwords", "quarantined_file"]
kinds = ["subject.txt", "body.txt", "body.html"]
mails = {}
with translation.override("en-xa"):
    for name in names:
        for kind in kinds:
            context = values | {"state": Share.State.EXPIRED}
            mails[f"{name}.{kind}"] = render_to_string(f"emails/{name}.{kind}", context)
print(json.dumps(mails))
"""


@pytest.fixture(params=[ACCENTED, RIGHT_TO_LEFT])
def context(request: pytest.FixtureRequest, browser: Browser, translated_site: Site) -> Iterator[BrowserContext]:
    """A phone without scripts: the texts are the server's."""
    options = PHONE | {"java_script_enabled": False, "extra_http_headers": {"Accept-Language": request.param}}
    browser_context = browser.new_context(base_url=translated_site.url, **options)
    yield browser_context
    browser_context.close()


def test_a_pseudo_text_is_longer_accented_and_keeps_what_programs_read() -> None:
    text = pseudo_text("Download <strong>%(count)d</strong> files from {name}")
    assert text == "«Đööŵñļööååđ <strong>%(count)d</strong> ƒîîļééš ƒŕööṁ {name}»"


def test_pages_for_everyone_are_translated_and_fit(
    context: BrowserContext, scenarios: dict[str, str], known_words: set[str]
) -> None:
    reader = PageReader(context.new_page(), known_words)
    paths = VISITOR | {name: f"/share/{scenarios[name]}" for name in SHARES}
    paths["report"] = f"/share/{scenarios['open']}/report"
    for name, path in paths.items():
        reader.open(name, path)
    assert reader.problems == {}


def test_pages_for_owners_are_translated_and_fit(
    context: BrowserContext, translated_site: Site, scenarios: dict[str, str], known_words: set[str]
) -> None:
    sign_in(context, translated_site, EMAIL)
    reader = PageReader(context.new_page(), known_words)
    paths = OWNER | {f"own {name}": f"/shares/{scenarios[name]}/" for name in OWN_SHARES}
    for name, path in paths.items():
        reader.open(name, path)
    assert reader.problems == {}


def test_the_direction_of_a_page_is_that_of_its_language(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    language = page.locator("html").get_attribute("lang")
    direction = page.evaluate("getComputedStyle(document.documentElement).direction")
    assert (language, direction) in {(ACCENTED, "ltr"), (RIGHT_TO_LEFT, "rtl")}


def test_mails_are_translated(translated_site: Site, known_words: set[str]) -> None:
    mails: dict[str, str] = json.loads(translated_site.execute(MAILS).splitlines()[-1])
    english = {
        name: untranslated
        for name, mail in mails.items()
        if (untranslated := english_words(re.sub(r"<[^>]+>|/[\w/]+", " ", mail).splitlines(), known_words))
    }
    assert english == {}


def test_catalogs_of_pseudo_languages_are_compiled(tmp_path: Path) -> None:
    write_pseudo_language(tmp_path, "en_XA")
    assert (tmp_path / "en_XA" / "LC_MESSAGES" / "django.mo").stat().st_size > 10_000
