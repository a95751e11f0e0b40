"""Pages that were rendered before a sign-in in another tab, and URLs that a form leaves in the address bar."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from shares import urls
from shares.models import Event, Share, User
from tests.fixtures import PASSWORD
from tests.http.test_guards import patterns
from tests.views.browser import Browser

MakeShare = Callable[..., Share]
SAME_ORIGIN = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"}
HTML = "text/html,application/xhtml+xml"


@pytest.fixture(autouse=True)
def fresh_limits(broker_server: object) -> None:
    cache.clear()


def sign_in_elsewhere(browser: Browser) -> None:
    """Another tab of the same browser."""
    page = browser.page
    browser.see("/accounts/login/")
    browser.send("/accounts/login/", status=302, login="owner@example.com", password=PASSWORD)
    browser.page = page


def press(browser: Browser, action: str, *, status: int, **fields: object) -> str:
    """Send the form of the old page as a browser would."""
    response = browser.client.post(action, browser.page.forms[action] | fields, headers=SAME_ORIGIN)
    assert response.status_code == status, response.content.decode()
    return response.headers.get("Location") or browser._read(response)  # type: ignore[arg-type]


def test_a_share_page_from_before_gets_its_button_again(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one", b"two", b"three"])
    ids = [file.pk for file in share.files.all()]
    path = f"/share/{share.pk}/download"
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    sign_in_elsewhere(browser)
    html = press(browser, path, status=403, file=ids[:2])
    assert "Press once more" in browser.text
    assert all(html.count(f'name="file" value="{pk}"') == 1 for pk in ids[:2])
    assert ids[2] not in html
    response = browser.client.post(path, browser.page.forms[path] | {"file": ids[:2]}, headers=SAME_ORIGIN)
    assert response.status_code == 200
    assert b"".join(response.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]


def test_what_was_typed_into_the_settings_is_not_lost(make_share: MakeShare, owner: User) -> None:
    share = make_share(title="Plans")
    path = f"/shares/{share.pk}/edit"
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.client.logout()
    sign_in_elsewhere(browser)
    press(browser, path, status=403, title='Long & "typed"', message="More\r\nwords")
    assert Share.objects.get(pk=share.pk).title == "Plans"
    response = browser.client.post(path, browser.page.forms[path], headers=SAME_ORIGIN)
    assert response.status_code == 303
    after = Share.objects.get(pk=share.pk)
    assert (after.title, after.message) == ('Long & "typed"', "More\nwords")


def test_the_sign_in_page_from_before_leads_on(owner: User) -> None:
    browser = Browser()
    browser.see("/accounts/login/?next=/account/")
    sign_in_elsewhere(browser)
    location = press(browser, "/accounts/login/", status=303, login="owner@example.com", password="x", next="/account/")
    response = browser.client.get(location)
    assert (response.status_code, response.headers["Location"]) == (302, "/account/")


def test_the_sign_in_page_of_a_browser_without_its_cookie_comes_again(owner: User) -> None:
    browser = Browser()
    browser.see("/accounts/login/")
    del browser.client.cookies[settings.CSRF_COOKIE_NAME]
    location = press(browser, "/accounts/login/", status=303, login="owner@example.com", password=PASSWORD)
    assert location == "/accounts/login/"
    browser.see("/accounts/login/")
    browser.send("/accounts/login/", status=302, login="owner@example.com", password=PASSWORD)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {**SAME_ORIGIN, "sec-fetch-site": "cross-site"},
        {**SAME_ORIGIN, "sec-fetch-site": "same-site"},
        {**SAME_ORIGIN, "sec-fetch-mode": "cors"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_nobody_else_gets_a_button_to_press(make_share: MakeShare, owner: User, headers: dict[str, str]) -> None:
    share = make_share()
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    response = browser.client.post(f"/shares/{share.pk}/revoke", {"csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert response.status_code == 403
    html = response.content.decode()
    assert "This page has expired" in html
    assert f"/shares/{share.pk}/revoke" not in html
    assert Share.objects.get(pk=share.pk).revoked_at is None


def test_a_script_reads_what_to_do(make_share: MakeShare) -> None:
    share = make_share()
    browser = Browser()
    browser.see(f"/share/{share.pk}")
    response = browser.client.post(
        f"/share/{share.pk}/files/{share.files.get().pk}/preview",
        {"csrfmiddlewaretoken": "x" * 64},
        headers={**SAME_ORIGIN, "sec-fetch-mode": "cors", "accept": "application/json"},
    )
    assert (response.status_code, response.json()["message"]) == (403, "Reload the page and try again.")


def test_every_address_that_a_form_leaves_behind_stands_when_it_is_loaded_again(
    make_share: MakeShare, owner: User
) -> None:
    share = make_share(password="secret")
    file = share.files.get()
    browser, page_count = Browser(owner), 0
    for page in patterns(urls.urlpatterns):
        path = "/" + str(page.pattern).lstrip("^").removesuffix("$")
        for name, value in (("share_id", share.pk), ("file_id", file.pk)):
            path = path.replace(f"(?P<{name}>[A-Za-z0-9_-]{{22}})", value)
        if "(?P<" in path or path.endswith("/content") or browser.client.get(path).status_code != 405:
            continue  # Loaded by GET anyway.
        page_count += 1
        for agent in ("Mozilla/5.0", "Lynx/2.9"):
            response = browser.client.get(path, headers={"accept": HTML, "user-agent": agent})
            assert response.status_code == 303, path
            assert browser.client.get(response.headers["Location"]).status_code == 200, path
        for agent in ("Wget/2.1.0", "curl/8.0"):
            assert browser.client.get(path, headers={"accept": HTML, "user-agent": agent}).status_code == 405
    assert page_count >= 15
    assert not Event.objects.of_share(share.pk).filter(kind__in=("granted", "signed", "opened")).exists()


def test_a_user_who_signed_out_in_another_tab_returns_to_the_page_of_the_form(
    make_share: MakeShare, owner: User
) -> None:
    share = make_share()
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.client.cookies.pop(settings.SESSION_COOKIE_NAME)
    response = browser.send(f"/shares/{share.pk}/edit", status=302, title="New")
    target = re.escape(reverse("share-detail", args=[share.pk]))
    assert re.search(rf"next={target}$", response.headers["Location"])
