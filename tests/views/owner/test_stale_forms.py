"""Two tabs, the API and an administrator: a form saves what the user changed, and reverts nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Share, User
from shares.services.sharing import shares
from tests.views.browser import Browser

NOW_AND_THEN = {"title": "Plans", "message": "One\ntwo & <three>", "max_downloads": 5}


@pytest.fixture
def share(owner: User, as_owner: Caller, now: datetime) -> Share:
    changes: shares.ShareChanges = {"expires_at": now + timedelta(days=7), **NOW_AND_THEN}  # type: ignore[typeddict-item]
    return shares.create(caller=as_owner, values=changes, specs=[], now=now)


def tab(owner: User, share: Share) -> Browser:
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    return browser


def save(browser: Browser, share: Share, *, status: int = 303, **fields: object) -> None:
    """As a browser sends the form: text areas and boxes come with the fields, and line breaks are two characters."""
    message = browser.page.forms[f"/shares/{share.pk}/edit"].get("initial-message", "")
    form_data = {"message": message, "expires_in": "keep"} | fields
    for name in ("message", "initial-message"):
        form_data[name] = str(form_data.get(name, message)).replace("\r\n", "\n").replace("\n", "\r\n")
    browser.send(f"/shares/{share.pk}/edit", status=status, **form_data)


def current(share: Share) -> Share:
    return Share.objects.get(pk=share.pk)


def test_an_old_tab_reverts_nothing(share: Share, owner: User) -> None:
    first, second = tab(owner, share), tab(owner, share)
    save(
        second,
        share,
        max_downloads="1",
        strict="on",
        reshare_requests_enabled="on",
        message="Other words",
        password="secret",
    )
    save(first, share, title="New plans")
    html = first.see(f"/shares/{share.pk}/")
    assert html.count("Saved.") == 1
    assert html.index("Saved.") > html.index('id="settings"'), "far from where the person is"
    after = current(share)
    assert (after.title, after.message, after.max_downloads) == ("New plans", "Other words", 1)
    assert after.strict
    assert after.reshare_requests_enabled
    assert after.has_password
    assert Event.objects.of_share(share.pk).filter(kind="edited").values_list("detail", flat=True)[0] == "title"


def test_an_api_edit_and_an_administrators_act_between_load_and_save_stay(
    share: Share, owner: User, admin: User, now: datetime
) -> None:
    first = tab(owner, share)
    program = Browser(owner)
    program.client.handler.enforce_csrf_checks = False
    body = {"max_downloads": 2, "title": "By a program"}
    assert program.client.patch(f"/api/v1/shares/{share.pk}", body, content_type="application/json").status_code == 200
    shares.extend(share=current(share), caller=Caller(user=admin), extension=timedelta(days=7), now=now)
    save(first, share, strict="on")
    after = current(share)
    assert (after.title, after.max_downloads, after.strict) == ("By a program", 2, True)
    assert after.expires_at == now + timedelta(days=14)


@pytest.mark.parametrize(
    ("own_changes", "other_changes", "text"),
    [
        ({"title": "Mine"}, {"title": "Theirs <b>"}, "Changed in the meantime: “Theirs <b>”."),
        ({"message": "Mine"}, {"message": "Theirs\nand more"}, "“Theirs and more”."),
        ({"max_downloads": "3"}, {"max_downloads": 9}, "Changed in the meantime: 9."),
        ({"max_downloads": "3"}, {"max_downloads": None}, "Changed in the meantime: no limit."),
        ({"expires_in": "3600"}, {"expires_at": "later"}, "Changed in the meantime: expires "),
        ({"password": "mine!"}, {"password": "theirs"}, "the share has another password now."),
        ({"remove_password": "on"}, {"password": "theirs"}, "the share has another password now."),
        ({"password": "mine!"}, {"password": ""}, "the password was removed."),
    ],
)
def test_what_both_changed_is_shown_and_saved_only_when_asked_again(
    share: Share,
    owner: User,
    as_owner: Caller,
    now: datetime,
    own_changes: dict[str, Any],
    other_changes: dict[str, object],
    text: str,
) -> None:
    if "password" in other_changes:
        shares.edit(share=share, caller=as_owner, changes={"password": "before"}, now=now)
    first = tab(owner, share)
    if "expires_at" in other_changes:
        other_changes = {"expires_at": now + timedelta(days=3)}
    shares.edit(share=share, caller=as_owner, changes=other_changes | {"strict": True}, now=now)  # type: ignore[arg-type]
    before = current(share)
    save(first, share, status=409, **own_changes)
    assert text in first.text
    assert "nothing has been saved" in first.text
    after = current(share)
    for name in ("title", "message", "max_downloads", "expires_at", "password", "password_version"):
        assert getattr(after, name) == getattr(before, name), name
    # What was not changed here shows what it has become, and a second save goes through.
    save(first, share, **own_changes, strict="on")
    after = current(share)
    assert after.strict
    if "title" in own_changes:
        assert after.title == "Mine"
    if "message" in own_changes:
        assert after.message == "Mine"
    if "max_downloads" in own_changes:
        assert after.max_downloads == 3
    if "expires_in" in own_changes:
        assert after.expires_at is not None
        assert after.expires_at < timezone.now() + timedelta(hours=2)
    if "password" in str(own_changes):
        assert after.password_version > before.password_version
        assert after.has_password is ("remove_password" not in own_changes)


def test_the_same_change_twice_is_no_conflict(share: Share, owner: User, as_owner: Caller, now: datetime) -> None:
    first = tab(owner, share)
    shares.edit(share=share, caller=as_owner, changes={"title": "Same", "max_downloads": None}, now=now)
    save(first, share, title="Same", max_downloads="")
    assert current(share).title == "Same"


def test_a_field_that_is_wrong_does_not_make_the_others_new(
    share: Share, owner: User, as_owner: Caller, now: datetime
) -> None:
    first = tab(owner, share)
    save(first, share, status=422, max_downloads="many", message="Mine")
    shares.edit(share=share, caller=as_owner, changes={"title": "Theirs"}, now=now)
    save(first, share, max_downloads="7", message="Mine")
    after = current(share)
    assert (after.title, after.message, after.max_downloads) == ("Theirs", "Mine", 7)


def test_nothing_changed_is_nothing_written(share: Share, owner: User) -> None:
    first = tab(owner, share)
    save(first, share)
    assert "Nothing was changed." in first.see(f"/shares/{share.pk}/")
    assert not Event.objects.of_share(share.pk).filter(kind="edited").exists()


def test_a_page_of_an_earlier_version_saves_nothing_unseen(share: Share, owner: User) -> None:
    first = tab(owner, share)
    token = first.page.forms[f"/shares/{share.pk}/edit"]["csrfmiddlewaretoken"]
    old = {"csrfmiddlewaretoken": token, "title": "Old", "message": "", "max_downloads": "", "strict_shown": "True"}
    response = first.client.post(f"/shares/{share.pk}/edit", old)
    assert response.status_code == 409
    assert "before an update of this site" in response.content.decode()
    assert current(share).max_downloads == 5


def test_extending_many_never_shortens_what_was_extended_meanwhile(
    make_share: Callable[..., Share], owner: User, as_owner: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = make_share()
    browser = Browser(owner)
    browser.see("/shares/")
    later = timezone.now() + timedelta(days=60)
    real = shares.edit

    def edit_late(**arguments: object) -> Share:
        Share.objects.filter(pk=share.pk).update(expires_at=later)
        return real(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(shares, "edit", edit_late)
    browser.send("/shares/bulk", operation="extend", ids=[share.pk])
    browser.see("/shares/")
    assert "changed while you were editing" in browser.text
    assert current(share).expires_at == later


def test_an_administrator_does_not_shorten_what_never_expires(share: Share, admin: User, now: datetime) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=None)
    browser = Browser(admin)
    browser.see("/admin/shares/share/")
    token = browser.client.cookies["csrf"].value
    body = {"action": "extend", "_selected_action": [share.pk], "csrfmiddlewaretoken": token}
    response = browser.client.post("/admin/shares/share/", body, follow=True)
    assert "never expires" in response.content.decode()
    assert current(share).expires_at is None
