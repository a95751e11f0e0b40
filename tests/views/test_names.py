"""The name that recipients see is the owner's choice, and never the email address."""

import pytest

from shares.models import Share, User
from tests.views.browser import Browser


@pytest.fixture
def unnamed(live_share: Share) -> Share:
    User.objects.update(name="")
    return live_share


def test_an_owner_without_a_name_is_not_shown_by_address(unnamed: Share) -> None:
    browser = Browser()
    html = browser.see(f"/share/{unnamed.pk}")
    program = {"accept": "*/*", "user-agent": "curl/8"}
    plain = browser.client.get(f"/share/{unnamed.pk}", headers=program).content.decode()
    for text in (html, plain):
        assert "example.com" not in text
    assert "You received 1 file" in browser.text
    assert "sent you" not in browser.text + plain


def test_owners_choose_their_name(unnamed: Share, owner: User) -> None:
    browser = Browser(owner)
    browser.see("/account/")
    browser.send("/account/name", name="  Olga \n Owner ")
    assert "Saved." in browser.see("/account/")
    assert User.objects.get(pk=owner.pk).name == "Olga Owner"
    recipient = Browser()
    recipient.see(f"/share/{unnamed.pk}")
    assert "Olga Owner sent you 1 file" in recipient.text
    browser.send("/account/name", status=422, name="x" * 101)
    assert "at most 100 characters" in browser.text
    assert User.objects.get(pk=owner.pk).name == "Olga Owner"


def test_a_name_that_another_tab_or_an_administrator_set_is_not_overwritten_unseen(unnamed: Share, owner: User) -> None:
    browser = Browser(owner)
    browser.see("/account/")
    User.objects.update(name="Theirs")
    browser.send("/account/name", status=409, name="Mine")
    assert "Changed in the meantime: “Theirs”." in browser.text
    assert User.objects.get(pk=owner.pk).name == "Theirs"
    browser.send("/account/name", name="Mine")
    assert User.objects.get(pk=owner.pk).name == "Mine"
