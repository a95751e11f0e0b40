"""Presets through the API: listed, selected for a new share, and in force for every edit."""

from typing import Any

import pytest

from shares.models import Preset
from tests.api.api_client import ApiClient

FILES = [{"name": "a.txt", "size": 0}]


@pytest.fixture(autouse=True)
def presets(db: None) -> None:
    Preset.objects.all().delete()
    Preset.objects.create(name="Temporary", slug="temporary", help="A day", expiry_hours=24, max_expiry_hours=24)
    Preset.objects.create(
        name="Confidential", slug="confidential", expiry_hours=2, max_expiry_hours=2, max_downloads=1,
        password_required=True, position=1,
    )  # fmt: skip


def create(api: ApiClient, **values: Any) -> Any:
    return api.data("POST", "/shares", {"files": FILES, **values}, status=201)


def test_they_are_listed_in_order_with_their_limits(api: ApiClient) -> None:
    items = api.data("GET", "/presets")["items"]
    assert [item["id"] for item in items] == ["temporary", "confidential"]
    assert items[1] == {
        "id": "confidential",
        "name": "Confidential",
        "help": "",
        "expires_in": 7200,
        "max_expires_in": 7200,
        "may_never_expire": False,
        "max_downloads": 1,
        "password_required": True,
        "strict": False,
        "ask_again": False,
        "default": False,
    }


def test_a_new_share_names_one_and_shows_it_everywhere(api: ApiClient) -> None:
    share = create(api, preset="confidential", password="a secret")
    assert (share["preset"], share["max_downloads"], share["has_password"]) == ("confidential", 1, True)
    assert api.data("GET", f"/shares/{share['id']}")["preset"] == "confidential"
    assert [item["preset"] for item in api.data("GET", "/shares")["items"]] == ["confidential"]
    assert create(api)["preset"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expires_in": 7201}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
        ({"max_downloads": 2}, "max_downloads"),
        ({"max_downloads": None}, "max_downloads"),
        ({"password": None}, "password"),
        ({"preset": "secret"}, "preset"),
    ],
)
def test_its_limits_bind_a_new_share_and_every_edit(api: ApiClient, changes: dict[str, Any], field: str) -> None:
    values = {"preset": "confidential", "password": "a secret", "files": FILES} | changes
    problem = api.problem("POST", "/shares", values)
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid", field)
    share = create(api, preset="confidential", password="a secret")
    problem = api.problem("PATCH", f"/shares/{share['id']}", changes)
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid", field)


def test_an_edit_selects_another_or_none(api: ApiClient) -> None:
    share = create(api, preset="confidential", password="a secret")
    edited = api.data("PATCH", f"/shares/{share['id']}", {"preset": "temporary", "max_downloads": None})
    assert (edited["preset"], edited["max_downloads"]) == ("temporary", None)
    assert api.data("PATCH", f"/shares/{share['id']}", {"preset": None})["preset"] is None


def test_a_stranger_lists_no_presets(anonymous_api: ApiClient) -> None:
    assert anonymous_api.codes("GET", "/presets") == (401, "not-signed-in")
