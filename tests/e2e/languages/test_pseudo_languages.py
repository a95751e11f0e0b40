"""The pages in pseudo-languages: nothing stays English, and longer texts fit, from right to left as well."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e import conftest
from tests.e2e.pages.accessibility import OVERFLOW_WIDTH
from tests.e2e.site import Site
from tests.project.catalogs.pseudo import pseudo_text, write_pseudo_language
from tests.stack import Stack

ACCENTED, RIGHT_TO_LEFT = "en-xa", "ar-xb"
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
# What people have written and what the virus scanner has found: no language changes it.
WRITTEN_BY_PEOPLE = """
import json
from shares.models import Event, Scan, Share, SharedFile, User
columns = [Share.objects.values_list("title", "message"), SharedFile.objects.values_list("name", "path")]
columns += [Event.objects.values_list("name", "user_email"), User.objects.values_list("email", "name")]
columns += [Scan.objects.values_list("signature")]
print(json.dumps([value for rows in columns for row in rows for value in row if value]))
"""
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
# Everything that a page shows or says: text, and the attributes that screen readers and browsers read.
TEXTS = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest('code, script, style, template, .file-type')) texts.push(walker.currentNode.data);
  }
  for (const name of ['alt', 'aria-label', 'placeholder', 'title']) {
    for (const element of document.querySelectorAll(`body [${name}]`)) texts.push(element.getAttribute(name));
  }
  return texts;
}"""
NAMES = {"Sharesite", "SHA", "UTC"}
WORD = re.compile(r"(?<![\w&])[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def translated_site(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    catalogs = tmp_path_factory.mktemp("catalogs")
    write_pseudo_language(catalogs, "en_XA")
    write_pseudo_language(catalogs, "ar_XB")
    stack.need(stack.storage)
    site = Site(stack, "pseudo-languages")
    site.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.e2e.languages.settings",
        "PSEUDO_CATALOGS": str(catalogs),
        "EMAIL_URL": "console:",
    }
    with site.running():
        yield site


@pytest.fixture(scope="module")
def scenarios(translated_site: Site) -> dict[str, str]:
    code = f"from tests.e2e.scenarios import stage; stage(*{sorted({*SHARES, *OWN_SHARES})})"
    share_ids: dict[str, str] = json.loads(translated_site.execute(code).splitlines()[-1])
    return share_ids


@pytest.fixture(scope="module")
def known_words(translated_site: Site, scenarios: dict[str, str]) -> set[str]:
    values = json.loads(translated_site.execute(WRITTEN_BY_PEOPLE).splitlines()[-1])
    names = {word for value in values for word in WORD.findall(value)}
    return names | {word.upper() for word in names} | NAMES | {*WORD.findall(translated_site.url)}


@pytest.fixture(params=[ACCENTED, RIGHT_TO_LEFT])
def context(request: pytest.FixtureRequest, browser: Browser, translated_site: Site) -> Iterator[BrowserContext]:
    """A phone without scripts: the texts are the server's."""
    options: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    headers = {"Accept-Language": request.param}
    browser_context = browser.new_context(base_url=translated_site.url, extra_http_headers=headers, **options)
    yield browser_context
    browser_context.close()


def english_words(texts: list[str], known_words: set[str]) -> list[str]:
    return [text.strip() for text in texts if set(WORD.findall(text)) - known_words]


def find_problems(page: Page, path: str, known_words: set[str]) -> list[str]:
    page.goto(path)
    problems = english_words(page.evaluate(TEXTS), known_words)
    if page.evaluate(OVERFLOW_WIDTH) > 0:
        problems.append("wider than the screen")
    return problems


def test_a_pseudo_text_is_longer_accented_and_keeps_what_programs_read() -> None:
    text = pseudo_text("Download <strong>%(count)d</strong> files from {name}")
    assert text == "«Đööŵñļööååđ <strong>%(count)d</strong> ƒîîļééš ƒŕööṁ {name}»"


def test_pages_for_everyone_are_translated_and_fit(
    context: BrowserContext, scenarios: dict[str, str], known_words: set[str]
) -> None:
    page = context.new_page()
    paths = VISITOR | {name: f"/share/{scenarios[name]}" for name in SHARES}
    paths["report"] = f"/share/{scenarios['open']}/report"
    problems = {name: wrong for name, path in paths.items() if (wrong := find_problems(page, path, known_words))}
    assert problems == {}


def test_pages_for_owners_are_translated_and_fit(
    context: BrowserContext, browser: Browser, translated_site: Site, scenarios: dict[str, str], known_words: set[str]
) -> None:
    with browser.new_context(base_url=translated_site.url) as signed_in:
        conftest.sign_in(signed_in.new_page(), translated_site.url)
        context.add_cookies([*signed_in.cookies()])  # type: ignore[list-item]
    page = context.new_page()
    paths = OWNER | {f"own {name}": f"/shares/{scenarios[name]}/" for name in OWN_SHARES}
    problems = {name: wrong for name, path in paths.items() if (wrong := find_problems(page, path, known_words))}
    assert problems == {}


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


@pytest.mark.parametrize(
    ("path", "accept"), [("/share/{}", "text/plain"), ("/api/v1/shares/{}/files", "application/json")]
)
def test_refusals_are_translated(
    translated_site: Site, scenarios: dict[str, str], known_words: set[str], path: str, accept: str
) -> None:
    request = urllib.request.Request(
        translated_site.url + path.format(scenarios["expired"]),
        headers={"Accept": accept, "Accept-Language": ACCENTED, "User-Agent": "curl/8"},
    )
    with pytest.raises(HTTPError) as raised:
        urllib.request.urlopen(request, timeout=30)
    body = raised.value.read().decode()
    texts = [json.loads(body)["title"], json.loads(body)["detail"]] if accept.endswith("json") else [body]
    assert all("«" in text for text in texts)
    assert english_words(texts, known_words) == []


def test_catalogs_of_pseudo_languages_are_compiled(tmp_path: Path) -> None:
    write_pseudo_language(tmp_path, "en_XA")
    assert (tmp_path / "en_XA" / "LC_MESSAGES" / "django.mo").stat().st_size > 10_000
