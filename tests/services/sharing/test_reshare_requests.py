"""Re-share requests: if the owner allows them, a few times, and neither learns the other's address."""

from datetime import datetime, timedelta

import pytest
from django.core import mail

from shares import errors
from shares.callers import Caller
from shares.models import Event, ReshareRequest, Share, User
from shares.services.notifications import notices
from shares.services.sharing import reshare_requests
from tests.views.browser import Browser

PAST = object()


@pytest.fixture
def expired(owner: User, now: datetime) -> Share:
    return Share.objects.create(
        owner=owner,
        title="Plans & <more>",
        created_at=now,
        expires_at=now - timedelta(minutes=1),
        reshare_requests_enabled=True,
    )


def test_the_owner_gets_one_mail_with_the_name_that_was_given(expired: Share, now: datetime) -> None:
    browser = Browser(address="203.0.113.9")
    html = browser.see(f"/share/{expired.pk}", status=410)
    assert "owner@example.com" not in html
    assert "Plans" not in html
    browser.send(f"/share/{expired.pk}/ask", who=" Rita\nRecipient <b> ")
    html = browser.see(f"/share/{expired.pk}", status=410)
    assert "The sender sees it in the list of their shares." in html
    assert notices.notify_of_reshare_requests(now=now) == 1
    assert notices.notify_of_reshare_requests(now=now) == 0
    [message] = mail.outbox
    assert (message.to, message.subject) == (["owner@example.com"], "Requested again: “Plans & <more>”")
    assert "Rita Recipient <b>" in message.body
    assert f"/shares/{expired.pk}/" in message.body
    [(page, _)] = message.alternatives  # type: ignore[attr-defined]
    assert "Rita Recipient &lt;b&gt;" in page
    assert "203.0.113.9" not in message.body + page
    event = Event.objects.get(kind="asked")
    assert (event.share_id, event.detail) == (expired.pk, "Rita Recipient <b>")


def test_an_unavailable_mail_server_is_retried(
    expired: Share, visitor: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    reshare_requests.create(share=expired, recipient_name="", caller=visitor, now=now)

    def fail(**_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(notices, "send_mail", fail)
    assert notices.notify_of_reshare_requests(now=now) == 0
    assert ReshareRequest.objects.get().notified_at is None
    monkeypatch.undo()
    assert notices.notify_of_reshare_requests(now=now) == 1
    assert "name" not in mail.outbox[0].body


@pytest.mark.parametrize(
    ("columns", "may"),
    [
        ({}, True),
        ({"expires_at": None, "used_up_at": PAST}, True),
        ({"purging_at": PAST, "purged_at": PAST}, True),
        ({"reshare_requests_enabled": False}, False),
        ({"expires_at": None}, False),
        ({"revoked_at": PAST}, False),
        ({"suspended_at": PAST}, False),
    ],
)
def test_only_shares_ended_by_time_or_use_can_be_requested_again(
    expired: Share, now: datetime, columns: dict[str, object], may: bool
) -> None:
    Share.objects.update(**{name: now if value is PAST else value for name, value in columns.items()})
    browser = Browser()
    response = browser.client.get(f"/share/{expired.pk}")
    assert ("Ask for it again" in response.content.decode()) is may
    browser.see(f"/share/{expired.pk}/report")
    token = browser.page.forms[f"/share/{expired.pk}/report/send"]
    assert browser.client.post(f"/share/{expired.pk}/ask", token).status_code == (303 if may else 404)
    assert ReshareRequest.objects.exists() is may


def test_it_can_be_requested_a_few_times_only(expired: Share, now: datetime) -> None:
    for index in range(reshare_requests.REQUESTS_A_DAY):
        reshare_requests.create(share=expired, recipient_name="", caller=Caller(address=f"198.51.100.{index}"), now=now)
    browser = Browser()
    browser.see(f"/share/{expired.pk}", status=410)
    response = browser.send(f"/share/{expired.pk}/ask", status=429)
    assert int(response.headers["Retry-After"]) > 80_000
    assert "sent several times already" in browser.text
    assert ReshareRequest.objects.count() == reshare_requests.REQUESTS_A_DAY


def test_a_name_has_its_length(expired: Share, visitor: Caller, now: datetime) -> None:
    with pytest.raises(errors.Invalid):
        reshare_requests.create(share=expired, recipient_name="x" * 101, caller=visitor, now=now)


def test_the_owner_allows_it_by_page_and_by_api(expired: Share, owner: User) -> None:
    Share.objects.update(reshare_requests_enabled=False)
    browser = Browser(owner)
    edit = f"/shares/{expired.pk}/edit"
    browser.see(f"/shares/{expired.pk}/")
    browser.send(edit, reshare_requests_enabled="on")
    assert Share.objects.get().reshare_requests_enabled
    browser.see(f"/shares/{expired.pk}/")
    browser.send(edit)
    assert not Share.objects.get().reshare_requests_enabled
    browser.client.handler.enforce_csrf_checks = False
    changed = browser.client.patch(f"/api/v1/shares/{expired.pk}", {"ask_again": True}, content_type="application/json")
    assert (changed.status_code, changed.json()["ask_again"]) == (200, True)
