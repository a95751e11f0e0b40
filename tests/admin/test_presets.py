"""Presets in the administration: added and edited, and refused in plain words where the server would ignore them."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings as SettingsWrapper

from shares.models import Preset, User

ADD = reverse("admin:shares_preset_add")
FIELDS = {"name": "Internal", "slug": "internal", "help": "", "expiry_hours": "48", "position": "5"}


@pytest.fixture
def staff_client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    Preset.objects.all().delete()
    return client


def errors(staff_client: Client, **fields: str) -> str:
    response = staff_client.post(ADD, FIELDS | fields)
    assert response.status_code == 200
    assert not Preset.objects.filter(slug="internal").exists()
    return response.content.decode()


def test_a_preset_is_added_and_edited(staff_client: Client) -> None:
    assert staff_client.post(ADD, FIELDS | {"password_required": "on", "max_downloads": "3"}).status_code == 302
    preset = Preset.objects.get(slug="internal")
    assert (preset.expiry_hours, preset.max_downloads, preset.password_required) == (48, 3, True)
    change = reverse("admin:shares_preset_change", args=[preset.pk])
    originals = {f"initial-{name}": value for name, value in FIELDS.items()}
    response = staff_client.post(change, originals | FIELDS | {"initial-max_downloads": "3", "max_downloads": "5"})
    assert response.status_code == 302
    assert Preset.objects.get(slug="internal").max_downloads == 5


def test_what_contradicts_the_maximum_of_the_server_is_refused_in_plain_words(
    staff_client: Client, settings: SettingsWrapper
) -> None:
    settings.MAX_EXPIRY_DAYS = 30
    text = "Shares on this server expire after at most 30 days: enter at most 720 hours."
    text = text.replace(" hours.", ".")
    assert errors(staff_client, expiry_hours="721").count(text) == 1
    assert errors(staff_client, max_expiry_hours="1000").count(text) == 1
    assert "longer than the maximum expiry" in errors(staff_client, expiry_hours="48", max_expiry_hours="24")


def test_there_is_one_default(staff_client: Client) -> None:
    Preset.objects.create(name="First", slug="first", expiry_hours=1, is_default=True)
    assert "Another preset is the default" in errors(staff_client, is_default="on")
