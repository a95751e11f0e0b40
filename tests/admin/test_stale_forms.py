"""The forms of the administration save only what was changed on them, whatever changed in the same row meanwhile."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.contrib.admin.sites import site
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse

from shares.http.request_limits import FORM
from shares.models import ApiToken, User
from shares.services.accounts import tokens
from sharesite.administration import MAX_FIELDS, ChangedFieldsMixin


class Fields(HTMLParser):
    """What a browser would send of the page's form, as it is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.form_data: dict[str, list[str]] = {}
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option" and "selected" in attributes:
            self.form_data.setdefault(self._select, []).append(attributes.get("value", ""))
        elif tag == "input" and not attributes.get("name", "_").startswith("_") and self._counts(attributes):
            self.form_data.setdefault(attributes["name"], []).append(attributes.get("value", ""))

    def _counts(self, attributes: dict[str, str]) -> bool:
        return attributes.get("type") not in {"checkbox", "radio"} or "checked" in attributes


def page(client: Client, row: object) -> tuple[str, dict[str, list[str]]]:
    name = type(row).__name__.lower()
    address = reverse(f"admin:{row._meta.app_label}_{name}_change", args=[row.pk])  # type: ignore[attr-defined]
    return address, Fields(client.get(address).content.decode()).form_data


@pytest.fixture
def staff_client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_an_administrator_does_not_revert_quota_counters_or_groups(staff_client: Client, owner: User) -> None:
    address, fields = page(staff_client, owner)
    group = Group.objects.create(name="auditors")
    owner.groups.add(group)
    User.objects.filter(pk=owner.pk).update(quota_bytes=10**9, used_bytes=77, is_active=False, email="new@example.com")
    response = staff_client.post(address, fields | {"name": ["Olga O."]})
    assert response.status_code == 302, response.content.decode()
    after = User.objects.get(pk=owner.pk)
    assert (after.name, after.email, after.quota_bytes, after.used_bytes) == ("Olga O.", "new@example.com", 10**9, 77)
    assert after.is_active is False
    assert list(after.groups.all()) == [group]


def test_what_both_changed_is_shown_and_not_saved(staff_client: Client, owner: User) -> None:
    address, fields = page(staff_client, owner)
    User.objects.filter(pk=owner.pk).update(name="Theirs")
    response = staff_client.post(address, fields | {"name": ["Mine"], "is_staff": ["on"]})
    assert response.status_code == 200
    assert "Changed in the meantime to: Theirs." in response.content.decode()
    after = User.objects.get(pk=owner.pk)
    assert (after.name, after.is_staff) == ("Theirs", False)
    address, fields = page(staff_client, owner)
    assert staff_client.post(address, fields | {"name": ["Mine"]}).status_code == 302
    assert User.objects.get(pk=owner.pk).name == "Mine"


def test_a_revoked_token_stays_revoked(staff_client: Client, owner: User, now: datetime) -> None:
    tokens.issue(user=owner, scopes=["read"], days=1, name="laptop", now=now)
    token = ApiToken.objects.get()
    address, fields = page(staff_client, token)
    ApiToken.objects.update(revoked_at=now, expires_at=now + timedelta(hours=1))
    assert staff_client.post(address, fields | {"name": ["old laptop"]}).status_code == 302
    after = ApiToken.objects.get()
    assert (after.name, after.revoked_at, after.expires_at) == ("old laptop", now, now + timedelta(hours=1))
    address, fields = page(staff_client, token)
    moved = now + timedelta(days=9)
    ApiToken.objects.update(expires_at=moved)
    response = staff_client.post(address, fields | {"expires_at_0": ["2099-01-01"], "expires_at_1": ["10:00:00"]})
    assert "Changed in the meantime to:" in response.content.decode()
    assert ApiToken.objects.get().expires_at == moved


def test_every_form_of_the_administration_keeps_to_this(admin: User) -> None:
    request = RequestFactory().get("/")
    request.user = admin
    writers = {
        model.__name__ for model, model_admin in site._registry.items() if model_admin.has_change_permission(request)
    }
    assert {"User", "ApiToken", "Group", "EmailAddress", "Authenticator"} <= writers
    for admin_class in site._registry.values():
        assert isinstance(admin_class, ChangedFieldsMixin), admin_class


def test_a_new_password_revokes_no_other_change(owner: User) -> None:
    """As libraries do it: read, set, and write the whole object."""
    stale = User.objects.get(pk=owner.pk)
    User.objects.filter(pk=owner.pk).update(is_active=False, used_bytes=5, quota_files=3)
    stale.set_password("another long password")
    stale.save()
    after = User.objects.get(pk=owner.pk)
    assert (after.is_active, after.used_bytes, after.quota_files) == (False, 5, 3)
    assert after.check_password("another long password")
    stale.refresh_from_db()
    stale.used_bytes = 6
    stale.save()
    assert User.objects.get(pk=owner.pk).used_bytes == 6


def send(client: Client, address: str, form: Mapping[str, object]) -> int:
    """As browsers do; the status of the answer."""
    return client.post(address, urlencode(form, doseq=True), content_type=FORM).status_code


def test_any_number_of_rows_can_be_chosen_and_no_page_drawn_of_thousands_of_choices(
    staff_client: Client, admin: User
) -> None:
    """Django's own confirmation of a deletion names every row, however many those are."""
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(MAX_FIELDS + 50))
    group_ids = list(Group.objects.values_list("pk", flat=True))
    form = {"action": "delete_selected", "_selected_action": group_ids, "post": "yes"}
    assert send(staff_client, reverse("admin:auth_group_changelist"), form) == 302
    assert not Group.objects.exists()
    address, fields = page(staff_client, admin)
    assert send(staff_client, address, fields | {"groups": ["1"] * MAX_FIELDS}) == 413
