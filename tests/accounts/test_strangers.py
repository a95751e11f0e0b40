"""Anonymous clients can neither lock the owner of an account out nor make the site mail unknown addresses."""

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse

from shares.models import Event, Share, User
from tests.fixtures import PASSWORD
from tests.views.browser import Browser

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def fresh_limits(broker_server: object) -> None:
    cache.clear()


def sign_in(browser: Browser, password: str, *, status: int, email: str = "owner@example.com") -> HttpResponse:
    browser.see(LOGIN)
    return browser.send(LOGIN, status=status, login=email, password=password)


def lock(address: str = "203.0.113.5") -> None:
    stranger = Browser(address=address)
    for _ in range(6):
        sign_in(stranger, "wrong", status=200)
    assert "Too many" in stranger.text


def test_a_browser_that_has_signed_in_before_is_not_locked_out_by_strangers(owner: User) -> None:
    known_browser = Browser(address="198.51.100.1")
    sign_in(known_browser, PASSWORD, status=302)
    known_browser.client.cookies.pop(settings.SESSION_COOKIE_NAME)
    lock()
    sign_in(Browser(address="198.51.100.2"), PASSWORD, status=200)  # the limit applies to all others
    sign_in(known_browser, PASSWORD, status=302)


def test_a_known_browser_has_a_limit_of_its_own(owner: User) -> None:
    known_browser = Browser(address="198.51.100.1")
    sign_in(known_browser, PASSWORD, status=302)
    known_browser.client.cookies.pop(settings.SESSION_COOKIE_NAME)
    for _ in range(5):
        sign_in(known_browser, "wrong", status=200)
    sign_in(known_browser, PASSWORD, status=200)
    assert "Too many" in known_browser.text


def test_a_browser_is_known_for_its_own_accounts_alone(owner: User, colleague: User) -> None:
    other_browser = Browser(address="198.51.100.1")
    sign_in(other_browser, PASSWORD, status=302, email="colleague@example.com")
    other_browser.client.cookies.pop(settings.SESSION_COOKIE_NAME)
    lock()
    sign_in(other_browser, PASSWORD, status=200)


def test_a_cookie_that_was_changed_makes_nobody_known(owner: User) -> None:
    known_browser = Browser(address="198.51.100.1")
    sign_in(known_browser, PASSWORD, status=302)
    forger = Browser(address="198.51.100.3")
    name = settings.KNOWN_BROWSER_COOKIE_NAME
    forger.client.cookies[name] = known_browser.client.cookies[name].value[:-1] + "_"
    lock()
    sign_in(forger, PASSWORD, status=200)


def test_an_unknown_address_gets_no_mail_and_the_page_says_the_same(owner: User) -> None:
    pages = []
    for email in ("owner@example.com", "nobody@example.org"):
        browser = Browser()
        browser.see(RESET)
        response = browser.send(RESET, status=302, email=email)
        pages.append((response["Location"], browser.see(response["Location"]).replace(email, "")))
    assert pages[0][0] == pages[1][0]
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]


def test_the_same_refusal_is_one_event_of_the_history(owner: User, live_share: Share) -> None:
    file = live_share.files.get()
    for _ in range(10):
        Browser(address="203.0.113.7").see(f"/share/{live_share.pk}/files/{file.pk}/content", status=403)
    Browser(address="203.0.113.8").see(f"/share/{live_share.pk}/files/{file.pk}/content", status=403)
    refusals = Event.objects.filter(kind="refused", share_id=live_share.pk)
    assert sorted(refusals.values_list("address", flat=True)) == ["203.0.113.7", "203.0.113.8"]


def test_a_share_has_a_limited_number_of_recorded_refusals(
    owner: User, live_share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shares.services.events.MAX_FOLDED_LINES", 3)
    file = live_share.files.get()
    for index in range(6):
        Browser(address=f"203.0.113.{index}").see(f"/share/{live_share.pk}/files/{file.pk}/content", status=403)
    assert Event.objects.filter(kind="refused", share_id=live_share.pk).count() == 3
