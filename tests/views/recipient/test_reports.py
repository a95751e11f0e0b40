"""Reporting abuse from the pages, without JavaScript, in every state of a share."""

from datetime import datetime, timedelta

import pytest

from shares.models import Report, Share, User
from tests.views.browser import Browser


@pytest.fixture
def share(owner: User, now: datetime) -> Share:
    return Share.objects.create(owner=owner, title="Plans", created_at=now, expires_at=now + timedelta(days=1))


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, 200),
        ({"password": "x"}, 200),
        ({"expires_at": 0}, 410),
        ({"revoked_at": 0}, 410),
        ({"suspended_at": 0}, 403),
    ],
)
def test_each_page_of_a_share_leads_to_the_form(
    share: Share, now: datetime, columns: dict[str, object], status: int
) -> None:
    Share.objects.update(**{name: now if value == 0 else value for name, value in columns.items()})
    browser = Browser()
    browser.see(f"/share/{share.pk}", status=status)
    assert f"/share/{share.pk}/report" in browser.page.links
    html = browser.see(f"/share/{share.pk}/report")
    assert "Plans" not in html
    browser.send(
        f"/share/{share.pk}/report/send", reason="fraud", details="It asks for my bank.", contact="me@x.example"
    )
    report = Report.objects.get()
    assert (report.share_id, report.reason, report.details) == (share.pk, "fraud", "It asks for my bank.")
    assert (report.contact, report.address, report.closed_at) == ("me@x.example", "198.51.100.7", None)
    browser.see(f"/share/{share.pk}", status=status)
    assert "The administrators have received your report" in browser.text


def test_a_missing_value_is_reported_at_the_field(share: Share) -> None:
    browser = Browser()
    browser.see(f"/share/{share.pk}/report")
    browser.send(f"/share/{share.pk}/report/send", status=422, details="x" * 3000)
    assert "Select what is wrong with this share." in browser.text
    assert not Report.objects.exists()


def test_after_a_few_requests_it_says_when_to_try_again(share: Share) -> None:
    browser = Browser()
    for turn in range(6):
        browser.see(f"/share/{share.pk}/report")
        response = browser.send(f"/share/{share.pk}/report/send", status=303 if turn < 5 else 429, reason="other")
    assert int(response.headers["Retry-After"]) > 3000
    assert "Too many requests." in browser.text
    assert Report.objects.count() == 5


def test_of_a_share_that_does_not_exist_nothing_can_be_reported(db: None) -> None:
    browser = Browser()
    browser.see(f"/share/{'x' * 22}/report", status=404)
    assert browser.client.post(f"/share/{'x' * 22}/report/send").status_code in {403, 404}
