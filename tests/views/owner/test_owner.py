"""The owner's pages without JavaScript: list, open, edit, remove; for everyone else they do not exist."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.models import Event, Preset, Share, User
from shares.services import events
from shares.services.sharing import files
from shares.services.sharing import shares as share_service
from shares.services.sharing.files import FileSpec
from tests.views.browser import Browser

MakeShare = Callable[..., Share]


def bare(owner: User, title: str, **columns: object) -> Share:
    """A row without bytes, for pages that only list."""
    now = timezone.now()
    start = {"created_at": now, "expires_at": now + timedelta(days=7), "live_at": now}
    return Share.objects.create(owner=owner, title=title, **(start | columns))


def test_the_list_shows_own_shares_with_state_and_numbers(make_share: MakeShare, owner: User, colleague: User) -> None:
    make_share([b"x" * 1500], title="Plans", max_downloads=5)
    bare(colleague, "Not yours")
    bare(owner, "Late", expires_at=timezone.now() - timedelta(hours=1))
    browser = Browser(owner)
    html = browser.see("/shares/")
    for text in ("Plans", "1 file, 1.5 kB", "0 of 5", "7 days left", "Late", "Expired"):
        assert text in browser.text, text
    assert "Not yours" not in html


def test_search_and_state_narrow_the_list(make_share: MakeShare, owner: User) -> None:
    make_share(title="Plans")
    bare(owner, "Budget", revoked_at=timezone.now())
    browser = Browser(owner)
    for query, visible_title, hidden in (
        ("?q=plan", "Plans", "Budget"),
        ("?q=FILE-0", "Plans", "Budget"),
        ("?state=revoked", "Budget", "Plans"),
        ("?state=live&q=plans", "Plans", "Budget"),
    ):
        html = browser.see(f"/shares/{query}")
        assert visible_title in html, query
        assert hidden not in html, query
    for query in ("?q=nothing", "?state=nonsense", "?q=%25", "?q=%F0%9F%98%80"):
        browser.see(f"/shares/{query}")
        assert "Nothing matches" in browser.text, query


@pytest.mark.parametrize("order", ["newest", "oldest", "ending"])
def test_long_lists_turn_pages_and_lose_or_repeat_nothing(owner: User, order: str) -> None:
    now = timezone.now()
    for number in range(120):
        ends = None if number % 10 == 0 else now + timedelta(days=1 + number % 7)
        bare(owner, f"share-{number:03}", created_at=now - timedelta(minutes=number // 3), expires_at=ends)
    browser = Browser(owner)
    titles: list[str] = []
    path = f"/shares/?sort={order}"
    for _ in range(3):
        browser.see(path)
        titles += [word for word in browser.page.texts if word.startswith("share-")]
        path = next((f"/shares/{href}" for href in browser.page.links if "cursor=" in href), "")
    assert path == ""
    assert sorted(titles) == [f"share-{number:03}" for number in range(120)]


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=WzEsMl0=", "cursor=%F0%9F%98%80", "cursor=bnVsbA==", "sort=none"]
)
def test_an_invalid_page_of_the_list_is_refused_with_a_message(owner: User, query: str) -> None:
    browser = Browser(owner)
    browser.see(f"/shares/?{query}", status=422)
    assert "Not valid" in browser.text


def test_an_empty_list_explains_what_to_do(owner: User) -> None:
    browser = Browser(owner)
    browser.see("/shares/")
    assert "Nothing shared yet" in browser.text


def test_one_share_shows_link_numbers_files_and_history(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one", b"two"], title="Plans")
    recipient = Browser()
    recipient.see(f"/share/{share.pk}")
    for file in share.files.all():
        recipient.send(f"/share/{share.pk}/files/{file.pk}/download")
    browser = Browser(owner)
    html = browser.see(f"/shares/{share.pk}/")
    assert f'value="http://127.0.0.1/share/{share.pk}"' in html
    assert "QR code of the link" in html
    for text in ("Opened 1", "Downloads 1", "File downloads started 2", "file-1.txt", "Created", "Downloaded"):
        assert text in browser.text, text


def test_repeated_events_are_one_line_of_the_history(
    owner: User, as_owner: Caller, now: datetime, visitor: Caller
) -> None:
    share = bare(owner, "Plans")
    specs = [FileSpec(f"{n}.txt", 5) for n in range(60)]
    declared_files = files.declare(share=share, specs=specs, caller=as_owner, now=now)
    events.record(Event.Kind.CREATED, caller=as_owner, share=share, now=now)

    def upload(times: int) -> None:
        kind = Event.Kind.UPLOADED
        events.record_all(
            events.line(kind, caller=as_owner, share=share, file=declared_files[0], now=now) for _ in range(times)
        )

    upload(1)
    events.record(Event.Kind.OPENED, caller=visitor, share=share, now=now)
    upload(540)
    for file in declared_files[:2]:
        events.record(Event.Kind.SIGNED, caller=visitor, share=share, file=file, now=now)
    events.record(Event.Kind.SIGNED, caller=as_owner, share=share, file=declared_files[0], now=now)
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    lines = browser.text[browser.text.index("History") :]
    summaries = [
        "File download started 0.txt",
        "2 file downloads started",
        "540 files uploaded",
        "Opened",
        "File uploaded 0.txt",
    ]
    positions = [lines.index(text) for text in [*summaries, "Created"]]
    assert positions == sorted(positions)
    assert lines.count("uploaded") == 2


def test_the_share_of_another_account_does_not_exist(make_share: MakeShare, colleague: User, owner: User) -> None:
    share = make_share(title="Plans")
    owner_browser, stranger, visitor = Browser(owner), Browser(colleague), Browser()
    owner_browser.see(f"/shares/{share.pk}/")
    forms = [action for action in owner_browser.page.forms if share.pk in action]
    assert len(forms) == 4
    stranger.see("/account/")
    token = next(iter(stranger.page.forms.values()))
    assert "Plans" not in stranger.see(f"/shares/{share.pk}/", status=404)
    for action in forms:
        assert stranger.client.post(action, token | {"title": "Mine"}).status_code == 404
        assert stranger.client.get(action).status_code == 405
    visitor.see("/accounts/login/")
    token = visitor.page.forms["/accounts/login/"]
    for action in [f"/shares/{share.pk}/", "/shares/", "/account/"]:
        response = visitor.client.get(action)
        assert urlsplit(response.headers["Location"]).path == "/accounts/login/"
    for action in forms:
        assert visitor.client.post(action, token).headers["Location"].startswith("/accounts/login/")
    share.refresh_from_db()
    assert (share.title, share.revoked_at) == ("Plans", None)


def test_an_edit_changes_what_was_sent_and_nothing_else(make_share: MakeShare, owner: User) -> None:
    share = make_share(title="Plans", message="Hello", max_downloads=5, password="open sesame")
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.send(f"/shares/{share.pk}/edit", title="New plans", message="Hello", max_downloads="7")
    after = Share.objects.get(pk=share.pk)
    assert (after.title, after.message, after.max_downloads) == ("New plans", "Hello", 7)
    assert (after.expires_at, after.password) == (share.expires_at, share.password)
    browser.see(f"/shares/{share.pk}/")
    token = {"csrfmiddlewaretoken": browser.page.forms[f"/shares/{share.pk}/edit"]["csrfmiddlewaretoken"]}
    assert browser.client.post(f"/shares/{share.pk}/edit", token).status_code == 303
    after.refresh_from_db()
    assert (after.title, after.message, after.max_downloads) == ("New plans", "Hello", 7)


def test_expiry_and_password_are_edited_without_a_script(make_share: MakeShare, owner: User) -> None:
    share = make_share(password="open sesame")
    path = f"/shares/{share.pk}/edit"
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    assert "open sesame" not in str(browser.page.forms)
    browser.send(path, expires_in="own", expires_at=f"{timezone.now() + timedelta(days=3):%Y-12-31T10:30}")
    share.refresh_from_db()
    assert share.expires_at == datetime(timezone.now().year, 12, 31, 10, 30, tzinfo=UTC)
    browser.see(f"/shares/{share.pk}/")
    browser.send(path, expires_in="3600")
    share.refresh_from_db()
    assert share.expires_at is not None
    assert timedelta(minutes=59) < share.expires_at - timezone.now() <= timedelta(hours=1)
    browser.see(f"/shares/{share.pk}/")
    browser.send(path, remove_password="on")
    share.refresh_from_db()
    assert not share.has_password
    browser.see(f"/shares/{share.pk}/")
    browser.send(path, password=" new one ")
    recipient = Browser()
    recipient.see(f"/share/{share.pk}")
    recipient.send(f"/share/{share.pk}/unlock", password=" new one ")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"max_downloads": "0"}, "greater than or equal to 1"),
        ({"max_downloads": "-3"}, "greater than or equal to 1"),
        ({"max_downloads": "9" * 30}, "The number of downloads"),
        ({"max_downloads": "many"}, "Enter a whole number"),
        ({"expires_in": "own", "expires_at": "2001-01-01T00:00"}, "must be in the future"),
        ({"expires_in": "own", "expires_at": "9999-12-31T23:59"}, "at most 365 days"),
        ({"expires_in": "own", "expires_at": "soon"}, "Enter a valid date/time"),
        ({"expires_in": "own", "expires_at": ""}, "Choose when the share expires"),
        ({"expires_in": "never"}, "Select a valid choice"),
        ({"expires_in": "1000000000"}, "Select a valid choice"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"password": "x" * 129}, "at most 128 characters"),
        ({"title": "a\x00b"}, "Null characters"),
    ],
)
def test_invalid_input_is_reported_at_its_field(owner: User, fields: dict[str, str], text: str) -> None:
    share = bare(owner, "Plans")
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.send(f"/shares/{share.pk}/edit", status=422, **fields)
    assert text in browser.text
    after = Share.objects.get(pk=share.pk)
    assert (after.title, after.max_downloads, after.expires_at) == ("Plans", None, share.expires_at)


def test_removing_ends_the_link_at_once_and_twice_is_harmless(make_share: MakeShare, owner: User) -> None:
    share = make_share()
    recipient = Browser()
    recipient.see(f"/share/{share.pk}")
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.send(f"/shares/{share.pk}/revoke")
    browser.send(f"/shares/{share.pk}/revoke")
    recipient.send(f"/share/{share.pk}/download", status=410)
    assert Event.objects.of_share(share.pk).filter(kind=Event.Kind.REVOKED).count() == 1
    browser.see(f"/shares/{share.pk}/")
    assert "You removed this share" in browser.text
    assert not browser.offers(f"/shares/{share.pk}/edit")
    assert not browser.offers(f"/shares/{share.pk}/revoke")


def test_one_file_is_removed_and_the_others_stay(make_share: MakeShare, owner: User) -> None:
    share = make_share([b"one", b"two"])
    first, second = share.files.all()
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.send(f"/shares/{share.pk}/files/{first.pk}/remove")
    assert "file-0.txt" not in Browser().see(f"/share/{share.pk}")
    response = browser.client.post(
        f"/shares/{share.pk}/files/{first.pk}/remove", browser.page.forms[f"/shares/{share.pk}/edit"]
    )
    assert response.status_code == 404
    recipient = Browser()
    recipient.see(f"/share/{share.pk}")
    recipient.send(f"/share/{share.pk}/download")
    assert second.pk in str(Event.objects.filter(kind=Event.Kind.SIGNED).values_list("file_id", flat=True))


def test_bulk_acts_touch_own_shares_only(owner: User, colleague: User, as_owner: Caller) -> None:
    first, second, revoked_share, foreign = (bare(user, "x") for user in (owner, owner, owner, colleague))
    share_service.revoke(share=revoked_share, caller=as_owner, now=timezone.now())
    browser = Browser(owner)
    browser.see("/shares/")
    browser.send("/shares/bulk", operation="extend", ids=[first.pk, revoked_share.pk, foreign.pk])
    browser.see("/shares/")
    assert "1 share extended." in browser.text
    assert "was removed and can't be changed" in browser.text
    for share, days in ((first, 14), (second, 7), (foreign, 7)):
        before = share.expires_at
        share.refresh_from_db()
        assert before is not None
        assert share.expires_at == before + timedelta(days=days - 7)
    browser.send("/shares/bulk", operation="revoke", ids=[first.pk, second.pk, foreign.pk])
    assert Share.objects.filter(revoked_at=None).get() == foreign
    for operation, ids in (("revoke", []), ("nonsense", [foreign.pk]), ("", [])):
        browser.send("/shares/bulk", operation=operation, ids=ids)
        browser.see("/shares/")
    assert Share.objects.filter(revoked_at=None).get() == foreign


def test_the_list_costs_the_same_queries_for_one_share_and_for_fifty(
    owner: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    browser = Browser(owner)
    for number in range(50):
        bare(owner, f"share {number}")
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        browser.see("/shares/")


@pytest.fixture
def confidential(db: None) -> Preset:
    Preset.objects.all().delete()
    return Preset.objects.create(
        name="Confidential", slug="confidential", help="For one person", expiry_hours=2, max_expiry_hours=2,
        max_downloads=1, password_required=True,
    )  # fmt: skip


@pytest.fixture
def preset_share(as_owner: Caller, confidential: Preset, now: datetime) -> Share:
    return share_service.create(
        caller=as_owner, values={"preset": confidential, "password": "a secret"}, specs=[], now=now
    )


def save(owner: User, share: Share, *, status: int, **fields: str) -> Browser:
    browser = Browser(owner)
    browser.see(f"/shares/{share.pk}/")
    browser.send(f"/shares/{share.pk}/edit", status=status, **{"expires_in": "keep", **fields})
    return browser


def test_the_list_and_the_page_of_a_share_name_its_preset(owner: User, preset_share: Share) -> None:
    browser = Browser(owner)
    browser.see("/shares/")
    assert "Confidential" in browser.text
    html = browser.see(f"/shares/{preset_share.pk}/")
    assert "Preset: Confidential." in html
    assert '<option value="confidential" selected>' in html
    assert 'value="7200">2 hours' in html
    assert 'value="86400"' not in html, "an expiry that the preset does not allow"
    assert "Remove password" not in html


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"max_downloads": "2", "initial-max_downloads": "1"}, "at most 1 download"),
        (
            {"expires_in": "own", "expires_at": f"{timezone.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"},
            "at most 2 hours",
        ),
        ({"remove_password": "on"}, "needs a password"),
    ],
)
def test_its_limits_bind_the_form(owner: User, preset_share: Share, fields: dict[str, str], text: str) -> None:
    assert text in save(owner, preset_share, status=422, preset="confidential", **fields).text
    assert Share.objects.get(pk=preset_share.pk).max_downloads == 1


def test_the_form_selects_another_and_an_old_tab_changes_nothing_else(
    owner: User, preset_share: Share, confidential: Preset
) -> None:
    temporary = Preset.objects.create(name="Temporary", slug="temporary", expiry_hours=1, max_expiry_hours=1)
    save(owner, preset_share, status=303, preset="temporary")
    edited = Share.objects.get(pk=preset_share.pk)
    assert (edited.preset, edited.max_downloads) == (temporary, 1)
    # As from a tab that was opened before.
    browser = Browser(owner)
    browser.see(f"/shares/{preset_share.pk}/")
    Share.objects.update(preset=confidential)
    browser.send(f"/shares/{preset_share.pk}/edit", expires_in="keep", preset="temporary", title="Plans")
    assert Share.objects.get(pk=preset_share.pk).preset == confidential
    browser.see(f"/shares/{preset_share.pk}/")
    Share.objects.update(preset=temporary)
    browser.send(f"/shares/{preset_share.pk}/edit", expires_in="keep", preset="", status=409)
    assert "Changed in the meantime: “Temporary”" in browser.text
    assert Share.objects.get(pk=preset_share.pk).preset == temporary


def test_the_start_page_offers_presets_with_their_limits(owner: User, confidential: Preset) -> None:
    html = Browser(owner).see("/")
    assert 'value="confidential" data-expires-in="7200" data-max-expires-in="7200" data-max-downloads="1"' in html
    assert '<option value="7200">2 hours</option>' in html
    Preset.objects.update(is_default=True)
    assert 'value="confidential" checked data-expires-in' in Browser(owner).see("/")
