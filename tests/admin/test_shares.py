"""The administration: columns are read-only, allowed actions are offered, and no list costs more for more rows."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.admin.sites import site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shares.callers import Caller
from shares.models import (
    ApiToken,
    BlockedFile,
    Event,
    Grant,
    Preset,
    Report,
    Scan,
    Share,
    SharedFile,
    TypeRule,
    Upload,
    User,
)
from shares.services.accounts import tokens
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.storage import share_storage

MODELS = [ApiToken, BlockedFile, Event, Grant, Preset, Report, Scan, Share, SharedFile, TypeRule, Upload, User]


@pytest.fixture
def staff_client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def listing(model: type) -> str:
    return reverse(f"admin:shares_{model.__name__.lower()}_changelist")


def draft(caller: Caller, now: datetime, title: str) -> Share:
    changes: shares.ShareChanges = {"expires_at": now + timedelta(days=1), "title": title, "password": "s3cret"}
    return shares.create(caller=caller, values=changes, specs=[FileSpec(f"{title}.txt", 5)], now=now)


def run_action(staff_client: Client, action: str, *selected_shares: Share) -> str:
    body = {"action": action, "_selected_action": [share.pk for share in selected_shares]}
    return staff_client.post(listing(Share), body, follow=True).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_for_one_row_and_for_many(
    staff_client: Client, as_owner: Caller, now: datetime, model: type
) -> None:
    def grow(number: int) -> None:
        for n in range(number):
            share = draft(as_owner, now, f"t{n}")
            Grant.objects.create(share=share, password_version=1, created_at=now, expires_at=now)
            Report.objects.create(share=share, reason="other", created_at=now)
            Scan.objects.create(file=share.files.get(), created_at=now, due_at=now)
            BlockedFile.objects.create(sha256=share.pk.encode(), name="x", size=1, created_at=now)
            assert as_owner.user is not None
            tokens.issue(user=as_owner.user, scopes=["read"], days=1, name="t", now=now)
            User.objects.create(email=f"{share.pk}@example.com".lower())

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert staff_client.get(listing(model)).status_code == 200
        return len(queries)

    grow(2)
    cost()
    baseline_cost = cost()
    grow(10)
    assert cost() == baseline_cost


def test_shares_are_found_by_state_and_by_text(staff_client: Client, as_owner: Caller, now: datetime) -> None:
    draft(as_owner, now, "alpha")
    shares.revoke(share=draft(as_owner, now, "beta"), caller=as_owner, now=now)
    page = staff_client.get(listing(Share), {"state": "revoked"}).content.decode()
    assert "beta" in page
    assert "alpha" not in page
    for query in ("alpha", "alpha.txt", "owner@example.com"):
        assert "alpha" in staff_client.get(listing(Share), {"q": query}).content.decode()
    assert "alpha" not in staff_client.get(listing(Share), {"q": "gamma"}).content.decode()


def test_actions_are_executed_reported_and_recorded(
    staff_client: Client, make_share: Callable[..., Share], admin: User, now: datetime
) -> None:
    share, other_share = make_share(title="alpha"), make_share(title="beta")
    [file] = share.files.all()
    assert "1 share extended." in run_action(staff_client, "extend", share)
    extended = Share.objects.get(pk=share.pk).expires_at
    assert extended is not None
    assert share.expires_at is not None
    assert extended == share.expires_at + timedelta(days=7)
    assert "1 share removed." in run_action(staff_client, "revoke", share)
    assert Share.objects.get(pk=share.pk).revoked_at is not None
    assert share_storage().objects.head(file.key) is not None
    assert "was removed and can&#x27;t be changed" in run_action(staff_client, "extend", share)
    assert "2 shares deleted." in run_action(staff_client, "purge_now", share, other_share)
    assert share_storage().objects.head(file.key) is None
    assert Share.objects.filter(purged_at__isnull=False).count() == 2
    events = Event.objects.filter(kind="admin", share_id=share.pk, user_email=admin.email)
    details = events.values_list("detail", flat=True)
    assert sorted(detail.partition("=")[0] for detail in details) == ["revoked", "until"]


def test_columns_are_read_only_and_secrets_are_not_rendered(
    staff_client: Client, as_owner: Caller, now: datetime
) -> None:
    share = draft(as_owner, now, "alpha")
    file = share.files.get()
    for model in (Event, Grant, SharedFile, Upload):
        assert staff_client.get(reverse(f"admin:shares_{model.__name__.lower()}_add")).status_code == 403
    for row in (file, file.upload, Event.objects.latest("pk")):
        address = reverse(f"admin:shares_{type(row).__name__.lower()}_change", args=[row.pk])
        page = staff_client.get(address).content.decode()
        assert '<input type="submit" value="Save"' not in page
        assert staff_client.post(address, {"key": "u/x", "detail": "x"}).status_code == 403
    page = staff_client.get(reverse("admin:shares_share_change", args=[share.pk])).content.decode()
    assert share.password not in page
    assert "argon2" not in page
    staff_client.post(reverse("admin:shares_share_change", args=[share.pk]), {"title": "changed", "owner": "1"})
    assert Share.objects.get(pk=share.pk).title == "alpha"


def test_an_event_cannot_be_changed_even_by_hand(as_owner: Caller, now: datetime) -> None:
    draft(as_owner, now, "alpha")
    event = Event.objects.latest("pk")
    with pytest.raises(TypeError, match="append-only"):
        event.save()
    with pytest.raises(TypeError, match="append-only"):
        Event.objects.update(user_email="nobody")
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE shares_event SET user_email = 'nobody'")


def test_users_who_are_no_administrators_see_a_sign_in_page(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(listing(Share)).status_code == 302
    assert {model for model in site._registry if model.__module__.startswith("shares")} == set(MODELS)


def test_people_with_shares_are_deactivated_not_deleted(staff_client: Client, as_owner: Caller, now: datetime) -> None:
    draft(as_owner, now, "alpha")
    assert as_owner.user is not None
    address = reverse("admin:shares_user_delete", args=[as_owner.user.pk])
    assert staff_client.post(address, {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=as_owner.user.pk).exists()
