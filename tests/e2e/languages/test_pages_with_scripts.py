"""Pages with their scripts in a pseudo-language: what they write and announce is translated, and fits on a phone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from shares.refusal_catalog import CATALOG
from shares.services.downloads.previews import PREVIEW
from shares.storage import share_storage
from tests.e2e.languages.pages import ACCENTED, BROWSER_WORDS, PHONE, WORD, PageReader, sign_in
from tests.e2e.site import EMAIL, Site
from tests.e2e.upload_page import RequestBarrier, choose, expect_state, is_signed, link

ADMIN_EMAIL = "admin@example.com"
CREATE_ADMIN = f"""
from shares.models import User
User.objects.create_superuser({ADMIN_EMAIL!r}, name="admin")
"""
# A file becomes ready while its page is open.
FINISH_FILE = """
from django.utils import timezone
from shares.models import SharedFile
file = SharedFile.objects.filter(share_id={share_id!r}, ready_at=None).first()
SharedFile.objects.filter(pk=file.pk).update(ready_at=timezone.now(), stored_at=timezone.now())
"""
PREVIEWS = {"note.md": "# note\n\n![a](https://example.org/x.png)", "long.txt": "x\n" * 300_000, "broken.png": "none"}
# Media types and details of events are codes. Of the libraries, a model of allauth has no name, and images of Django
# have bare texts.
MEDIA_TYPES = {
    "application",
    "image",
    "jpeg",
    "markdown",
    "mp4",
    "octet",
    "pdf",
    "plain",
    "quicktime",
    "png",
    "stream",
    "text",
    "video",
    "zip",
}
# With the names of scopes, which programs use.
ADMIN_WORDS = MEDIA_TYPES | {"Authenticators", "False", "Search", "True", "URLs", "key", "read", "write"}
ADMIN_PAGES = (
    "/admin/",
    "/admin/password_change/",
    "/admin/storage/",
    *(f"/admin/shares/{name}/" for name in ("user", "share", "sharedfile", "upload", "scan", "grant", "event")),
    "/admin/shares/report/",
    "/admin/shares/apitoken/",
    "/admin/shares/blockedfile/",
    "/admin/shares/user/add/",
)


@pytest.fixture
def visit(browser: Browser, translated_site: Site, known_words: set[str]) -> Iterator[Callable[..., PageReader]]:
    """A page of a phone in the accented language; ``email`` signs it in."""
    share_storage().setup([translated_site.url])
    contexts = []
    allowed_words = known_words | BROWSER_WORDS | {word for name in PREVIEWS for word in name.split(".")}

    def visit(email: str = "") -> PageReader:
        headers = {"Accept-Language": ACCENTED}
        context = browser.new_context(
            base_url=translated_site.url, extra_http_headers=headers, accept_downloads=True, **PHONE
        )
        contexts.append(context)
        if email:
            sign_in(context, translated_site, email)
        return PageReader(context.new_page(), allowed_words)

    yield visit
    for context in contexts:
        context.close()


def test_a_page_that_changes_while_it_is_open(
    visit: Callable[..., PageReader], translated_site: Site, scenarios: dict[str, str]
) -> None:
    recipient, owner = visit(), visit(EMAIL)
    share_id = scenarios["uploading"]
    recipient.open("uploading", f"/share/{share_id}")
    owner.open("own uploading", f"/shares/{share_id}/")
    ready_files = recipient.page.locator("[data-row^=ready]")
    count = ready_files.count()
    texts = [reader.page.locator("[data-live=ready]").inner_text() for reader in (recipient, owner)]
    translated_site.execute(FINISH_FILE.format(share_id=share_id))
    expect(ready_files).to_have_count(count + 1)
    for reader, text in zip((recipient, owner), texts, strict=True):
        expect(reader.page.locator("[data-live=ready]")).not_to_have_text(text)
        reader.read("one more file is ready")
    assert recipient.problems | owner.problems == {}


def test_all_files_as_an_archive(visit: Callable[..., PageReader], scenarios: dict[str, str]) -> None:
    reader = visit()
    page = reader.page
    reader.open("folders", f"/share/{scenarios['folders']}")
    page.locator(".pick [name=file]").nth(1).check()
    reader.read("some files selected")
    page.locator(".pass-on summary").click()
    reader.read("link to share")
    page.goto(f"/share/{scenarios['big']}")
    parts = RequestBarrier(page, is_signed)
    button = page.locator("[data-all] button")
    with page.expect_download():
        button.click()
        expect(button).to_contain_text("%")
        reader.read("archive on its way")
        parts.open()
    expect(page.locator("[data-archive-progress] [role=status]")).to_contain_text("«Đ")
    reader.read("archive")
    assert reader.problems == {}


def test_passwords(visit: Callable[..., PageReader], scenarios: dict[str, str]) -> None:
    reader = visit()
    page = reader.page
    for name, state in (("locked", "wrong password"), ("barred", "too many attempts")):
        page.goto(f"/share/{scenarios[name]}")
        page.fill("[name=password]", "wrong")
        page.locator("show-password button").click()
        reader.read(f"{name}, shown")
        page.locator("main .button-main").click()
        page.wait_for_selector("[role=alert], .field-error")
        reader.read(state)
    assert reader.problems == {}


def test_previews(visit: Callable[..., PageReader], tmp_path: Path) -> None:
    owner, reader = visit(EMAIL), visit()
    for name, text in PREVIEWS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    owner.page.goto("/")
    owner.page.locator("details.options summary").click()
    owner.page.fill("[name=max_downloads]", "3")
    choose(owner.page, *(tmp_path / name for name in PREVIEWS))
    expect_state(owner.page, "done")
    page = reader.page
    page.goto(link(owner.page))
    reader.read("files with previews")
    page.locator("[data-preview]").first.click()
    for state in ("failed", "displayed", "displayed"):
        page.wait_for_selector(f".preview[data-state={state}]")
        reader.read(f"preview: {page.locator('#preview-title').inner_text()}")
        page.keyboard.press("ArrowRight")
    assert reader.problems == {}


def test_lists_and_forms_of_owners(visit: Callable[..., PageReader], scenarios: dict[str, str]) -> None:
    reader = visit(EMAIL)
    page = reader.page
    reader.open("list", "/shares/")
    page.locator(".row-check input").first.check()
    reader.read("list with a selection")
    reader.open("own share", f"/shares/{scenarios['open']}/")
    reader.open("own share with a password", f"/shares/{scenarios['locked']}/")
    for path in ("/account/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/"):
        reader.open(path, path)
    assert reader.problems == {}


def test_the_admin(visit: Callable[..., PageReader], translated_site: Site, scenarios: dict[str, str]) -> None:
    translated_site.execute(CREATE_ADMIN)
    reader = visit(ADMIN_EMAIL)
    codes = {word for code in (*CATALOG, PREVIEW) for word in code.split("-")}
    reader.known_words |= {*WORD.findall(ADMIN_EMAIL)} | codes | ADMIN_WORDS
    for path in (*ADMIN_PAGES, f"/admin/shares/share/{scenarios['open']}/change/"):
        reader.open(path, path)
    assert reader.problems == {}


def test_the_reference_of_the_api(visit: Callable[..., PageReader]) -> None:
    reader = visit()
    reader.known_words |= reader.page.request.get("/api/v1/openapi.json").json()["components"]["schemas"].keys()
    reader.open("reference", "/api/v1/docs")
    assert reader.problems == {}
