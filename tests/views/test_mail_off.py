"""Without a mail server nothing mentions email: no page, no message, no mark; the owner sees requests on the page."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from shares.callers import Caller
from shares.models import Event, PasswordAttempt, ReshareRequest, Scan, Share, User
from shares.services.notifications import notices
from shares.services.sharing import reshare_requests
from tests.fixtures import PASSWORD
from tests.views.browser import Browser

# An address is no promise: what an account is known by, and where a report may be answered.
ADDRESS = re.compile(r"[\w.]+@[\w.]+|(your )?email address(es)?", re.IGNORECASE)
LABEL = re.compile(r"<label[^>]*>\s*(Email:?|Your email \(optional\))\s*</label>")
PROMISE = re.compile(r"\be-?mails?\b|\bmail(s|ed)?\b|\binbox\b|\bspam\b|\bis told\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def off(settings: Settings, broker_server: object) -> None:
    settings.EMAIL_URL = ""
    cache.clear()


@pytest.fixture
def expired(owner: User, now: datetime) -> Share:
    return Share.objects.create(
        owner=owner, title="Plans", created_at=now, expires_at=now - timedelta(minutes=1), reshare_requests_enabled=True
    )


def check(html: str) -> None:
    text = ADDRESS.sub("", re.sub(r"<[^>]*>", " ", LABEL.sub("", html)))
    # Of the programs that cut addresses off, not of this site.
    assert PROMISE.findall(text.replace("mail program", "")) == [], text


def pages(owner: User, share: Share, expired: Share) -> Iterator[str]:
    """Every page of the site and every response to a form that could mention email."""
    visitor, owner_browser = Browser(address="203.0.113.9"), Browser(owner)
    for path in ("/", "/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"):
        yield visitor.see(path)
    yield visitor.see("/no-such-page", status=404)
    for path in ("/accounts/confirm-email/", "/accounts/email/", "/accounts/inactive/", "/accounts/signup/"):
        response = visitor.client.get(path, follow=True)
        assert response.status_code == 200, path
        yield response.content.decode()
    visitor.see("/accounts/login/")
    token = visitor.page.forms["/accounts/login/"]
    for email in ("owner@example.com", "nobody@example.com"):
        response = visitor.client.post("/accounts/password/reset/", token | {"email": email})
        assert response.status_code == 403
        yield response.content.decode()
    visitor.see(f"/share/{expired.pk}", status=410)
    visitor.send(f"/share/{expired.pk}/ask", who="Rita")
    yield visitor.see(f"/share/{expired.pk}", status=410)
    for path in (f"/share/{share.pk}", f"/share/{share.pk}/report"):
        yield visitor.see(path)
    for path in ("/", "/account/", "/shares/", f"/shares/{share.pk}/", f"/shares/{expired.pk}/"):
        yield owner_browser.see(path)
    yield owner_browser.client.get("/accounts/email/").content.decode()
    owner_browser.see("/account/")
    token = owner_browser.page.forms["/account/name"]
    yield owner_browser.client.post("/accounts/email/", token | {"action_add": "", "email": "x@y.zz"}).content.decode()
    yield owner_browser.client.get("/accounts/2fa/", follow=True).content.decode()
    yield owner_browser.client.get("/accounts/password/change/", follow=True).content.decode()


def test_no_page_and_no_message_mentions_email(make_share: Callable[..., Share], owner: User, expired: Share) -> None:
    page_count = 0
    for html in pages(owner, make_share(reshare_requests_enabled=True), expired):
        check(html)
        page_count += 1
    assert page_count > 20
    assert not mail.outbox


def test_nothing_is_marked_as_notified_and_everything_is_mailed_once_there_is_email(
    make_share: Callable[..., Share], expired: Share, visitor: Caller, now: datetime, settings: Settings
) -> None:
    reshare_requests.create(share=expired, recipient_name="Rita", caller=visitor, now=now)
    share = make_share(password="secret")
    PasswordAttempt.objects.create(share=share, source=PasswordAttempt.ANY_SOURCE, started_at=now, failures=20)
    file = share.files.get()
    Scan.objects.create(file=file, created_at=now, due_at=now, verdict=Scan.Verdict.INFECTED)
    tasks = (notices.notify_of_reshare_requests, notices.notify_of_password_attempts, notices.notify_of_infected_files)
    assert [notify(now=now) for notify in tasks] == [0, 0, 0]
    rows = [*ReshareRequest.objects.all(), *PasswordAttempt.objects.all(), *Scan.objects.all()]
    assert [row.notified_at for row in rows] == [None, None, None]
    settings.EMAIL_URL = "smtp://mail.example.com"
    assert [notify(now=now) for notify in tasks] == [1, 1, 1]
    assert len(mail.outbox) == 3


def test_a_wish_of_long_ago_is_no_news(expired: Share, visitor: Caller, now: datetime, settings: Settings) -> None:
    reshare_requests.create(share=expired, recipient_name="", caller=visitor, now=now)
    settings.EMAIL_URL = "smtp://mail.example.com"
    assert notices.notify_of_reshare_requests(now=now + timedelta(days=8)) == 0
    assert notices.notify_of_reshare_requests(now=now + timedelta(days=6)) == 1


def test_the_owner_sees_requests_until_the_share_has_more_time(
    expired: Share, owner: User, colleague: User, visitor: Caller, now: datetime
) -> None:
    reshare_requests.create(share=expired, recipient_name="Rita <b>", caller=visitor, now=now)
    reshare_requests.create(share=expired, recipient_name="", caller=visitor, now=now)
    browser = Browser(owner)
    for path in ("/shares/", f"/shares/{expired.pk}/"):
        html = browser.see(path)
        assert "Requested again" in browser.text
        assert "Rita &lt;b&gt;" in html
        assert "Someone without a name" in browser.text
    assert "Requested again (Rita <b>)" in browser.text, "the history names them, too"
    other_browser = Browser(colleague)
    other_browser.see("/shares/")
    assert "Rita" not in other_browser.text
    browser.send(f"/shares/{expired.pk}/edit", expires_in="86400")
    browser.see("/shares/")
    assert "Rita" not in browser.text
    assert Event.objects.of_share(expired.pk).filter(kind="asked").count() == 2


def test_an_administrator_reads_that_mail_is_off(admin: User, client: Client, settings: Settings) -> None:
    client.force_login(admin)
    assert "Email is off" in client.get("/admin/").content.decode()
    settings.EMAIL_URL = "smtp://mail.example.com"
    assert "Email is off" not in client.get("/admin/").content.decode()


def test_a_test_message_is_sent_or_refused_with_a_message(settings: Settings, db: None) -> None:
    with pytest.raises(CommandError, match="Email is off: EMAIL_URL is not set"):
        call_command("sendtestemail", "a@example.com")
    settings.EMAIL_URL = "smtp://mail.example.com"
    output = StringIO()
    call_command("sendtestemail", "a@example.com", stdout=output)
    assert output.getvalue() == "Sent.\n"
    assert [message.to for message in mail.outbox] == [["a@example.com"]]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError, match="could not be sent"):
        call_command("sendtestemail", "a@example.com")


def test_with_mail_the_pages_are_those_that_promise_it(owner: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    visitor = Browser()
    visitor.see("/accounts/password/reset/")
    visitor.send("/accounts/password/reset/", status=302, email="owner@example.com")
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    owner_browser = Browser(owner)
    owner_browser.client.login(email="owner@example.com", password=PASSWORD)
    assert "/accounts/email/" in owner_browser.see("/account/")
