"""Shares over the API: created, listed, read, edited, revoked; and every kind of invalid request in between."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shares.callers import Caller
from shares.models import Share, SharedFile, User
from tests.api.api_client import ApiClient
from tests.api.uploading import share_of
from tests.fixtures import put_share

FILE = {"name": "a.txt", "size": 5}


def create_share(api: ApiClient, **options: Any) -> Any:
    return api.data("POST", "/shares", {"files": [FILE], **options}, status=201)


def test_a_new_share_has_its_link_and_a_slot_for_each_file(api: ApiClient) -> None:
    files = [FILE, {"name": "b.jpg", "size": 0, "path": "trip/day 1", "content_type": "image/jpeg"}]
    share = api.data("POST", "/shares", {"files": files, "title": "Trip"}, status=201)
    assert share["url"] == f"http://127.0.0.1/share/{share['id']}"
    assert (share["state"], share["title"], share["size"], share["has_password"]) == ("draft", "Trip", 5, False)
    assert (share["max_downloads"], share["remaining"], share["downloads"]) == (None, None, 0)
    first, second = share["files"]
    assert (first["name"], first["path"], first["size"], first["parts"]) == ("a.txt", "", 5, 1)
    assert (second["path"], second["content_type"], second["parts"]) == ("trip/day 1", "image/jpeg", 0)
    assert "key" not in json.dumps(share)
    valid_for = datetime.fromisoformat(share["expires_at"]) - timezone.now()
    assert timedelta(days=6, hours=23) < valid_for <= timedelta(days=7)
    assert share["created_at"].endswith("Z")


def test_options_are_kept_and_the_password_never_comes_back(api: ApiClient) -> None:
    share = create_share(api, expires_in=3600, max_downloads=2, password="open sesame", message="hello")
    assert (share["max_downloads"], share["remaining"], share["has_password"]) == (2, 2, True)
    assert "sesame" not in json.dumps(share)
    assert Share.objects.get(pk=share["id"]).password.startswith("argon2")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"max_downloads": 0}, "max_downloads"),
        ({"max_downloads": -1}, "max_downloads"),
        ({"max_downloads": 10**12}, "max_downloads"),
        ({"max_downloads": "3"}, "max_downloads"),
        ({"max_downloads": True}, "max_downloads"),
        ({"max_downloads": 1.0}, "max_downloads"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"expires_at": "+1002026-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": 1893456000}, "expires_at"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": -5}, "expires_in"),
        ({"expires_in": 10**9}, "expires_at"),
        ({"expires_in": 10**30}, "expires_in"),
        ({"expires_in": 60, "expires_at": "2030-01-01T00:00:00Z"}, "expires_at"),
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"message": "x" * 5001}, "message"),
        ({"password": "x" * 200}, "password"),
        ({"password": "\ud800"}, "password"),
        ({"max_download": 3}, "max_download"),
        ({"owner": 1}, "owner"),
        ({"id": "x" * 22}, "id"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(api: ApiClient, options: dict[str, Any], field: str) -> None:
    for method, path in (("POST", "/shares"), ("PATCH", f"/shares/{create_share(api)['id']}")):
        body = {"files": [FILE], **options} if method == "POST" else options
        problem = api.problem(method, path, body)
        assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid", field), problem
    assert Share.objects.count() == 1


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ({"name": "", "size": 1}, "name"),
        ({"name": "...", "size": 1}, "name"),
        ({"name": "..", "size": 1}, "name"),
        ({"name": "../etc/passwd", "size": 1}, "name"),
        ({"name": "a\\b", "size": 1}, "name"),
        ({"name": "\u0000\r\n\u202e", "size": 1}, "name"),
        ({"name": "x" * 300, "size": 1}, "name"),
        ({"name": "😀" * 256, "size": 1}, "name"),
        ({"name": 7, "size": 1}, "name"),
        ({"name": "a"}, "size"),
        ({"size": 1}, "name"),
        ({"name": "a", "size": -1}, "size"),
        ({"name": "a", "size": "1"}, "size"),
        ({"name": "a", "size": 1.5}, "size"),
        ({"name": "a", "size": None}, "size"),
        ({"name": "a", "size": True}, "size"),
        ({"name": "a", "size": 1, "path": "../up"}, "path"),
        ({"name": "a", "size": 1, "path": "x/" * 2500}, "path"),
        ({"name": "a", "size": 1, "key": "u/00000000000000000000000000000000"}, "key"),
    ],
)
def test_files_that_make_no_sense_are_refused_by_name(api: ApiClient, file: dict[str, Any], field: str) -> None:
    share = create_share(api)
    for path in ("/shares", f"/shares/{share['id']}/files"):
        problem = api.problem("POST", path, {"files": [FILE, file]})
        assert (problem["status"], problem["code"]) == (422, "invalid")
        assert problem["field"].rpartition(".")[2] == field
    assert SharedFile.objects.count() == 1, "all or none"


@pytest.mark.parametrize("name", ["\u202eevil.txt", "a\r\nb.txt", "nul\u0000.txt"])
def test_control_characters_are_removed_from_names(api: ApiClient, name: str) -> None:
    share = api.data("POST", "/shares", {"files": [{"name": name, "size": 1}]}, status=201)
    assert share["files"][0]["name"] in ("evil.txt", "ab.txt", "nul.txt")


def test_emoji_and_the_longest_name_are_fine(api: ApiClient) -> None:
    names = ["😀.txt", "x" * 255, "é" * 127]
    share = api.data("POST", "/shares", {"files": [{"name": name, "size": 1} for name in names]}, status=201)
    assert [file["name"] for file in share["files"]] == names


def test_sizes_over_the_limit_and_over_the_quota_are_refused_and_cost_nothing(api: ApiClient, owner: User) -> None:
    for size, code in ((5 * 2**40 + 1, "too-large"), (10**30, "too-large"), (200 * 2**30, "quota-exceeded")):
        assert api.codes("POST", "/shares", {"files": [{"name": "a", "size": size}]}) == (413, code)
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files, Share.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"files": NaN}',
        b'{"files": []}',
        b"{}",
        b'{"files": {}}',
        b'{"files": [null]}',
        b'{"files": "abc"}',
    ],
)
def test_a_body_that_is_no_share_is_refused(api: ApiClient, body: bytes) -> None:
    assert api.codes("POST", "/shares", body) == (422, "invalid")


def test_too_many_files_a_call_and_too_big_a_body_are_refused(api: ApiClient) -> None:
    assert api.codes("POST", "/shares", {"files": [FILE] * 1001}) == (422, "invalid")
    assert api.codes("POST", "/shares", b" " * (9 * 2**20)) == (413, "too-large")


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(api: ApiClient, content_type: str) -> None:
    body = json.dumps({"files": [FILE]}).encode()
    assert api.codes("POST", "/shares", body, content_type=content_type) == (415, "wrong-type")


def test_a_wrong_method_and_an_unknown_url_are_reported(api: ApiClient) -> None:
    assert api.codes("PUT", "/shares") == (405, "wrong-method")
    assert set(api.call("PUT", "/shares").headers["Allow"].split(", ")) == {"GET", "POST"}
    assert api.codes("GET", "/nothing") == (404, "not-found")
    assert api.codes("GET", "/") == (404, "not-found")


def test_an_edit_changes_what_it_names_and_nothing_else(api: ApiClient) -> None:
    share = create_share(api, title="Old", message="kept", max_downloads=3, password="secret")
    path = f"/shares/{share['id']}"
    edited = api.data("PATCH", path, {"title": "New"})
    assert (edited["title"], edited["message"], edited["max_downloads"]) == ("New", "kept", 3)
    assert edited["expires_at"] == share["expires_at"]
    opened = api.data("PATCH", path, {"password": None, "max_downloads": None})
    assert (opened["has_password"], opened["max_downloads"], opened["title"]) == (False, None, "New")
    assert api.data("PATCH", path, {})["title"] == "New"
    later = datetime(2026, 12, 31, 12, tzinfo=UTC).isoformat()
    assert datetime.fromisoformat(
        api.data("PATCH", path, {"expires_at": later})["expires_at"]
    ) == datetime.fromisoformat(later)


def test_files_are_added_and_removed(api: ApiClient) -> None:
    share = create_share(api)
    added = api.data("POST", f"/shares/{share['id']}/files", {"files": [{"name": "b", "size": 1}]}, status=201)["files"]
    assert [file["name"] for file in added] == ["b"]
    path = f"/shares/{share['id']}/files/{added[0]['id']}"
    assert api.call("DELETE", path).status_code == 204
    assert api.codes("DELETE", path) == (404, "not-found")
    assert [file["name"] for file in api.data("GET", f"/shares/{share['id']}")["files"]] == ["a.txt"]


def test_a_file_is_removed_only_through_its_own_share(api: ApiClient) -> None:
    first, second = create_share(api), create_share(api)
    assert api.codes("DELETE", f"/shares/{first['id']}/files/{second['files'][0]['id']}") == (404, "not-found")


def test_revoking_ends_a_share_and_may_be_repeated(api: ApiClient) -> None:
    share = create_share(api)
    path = f"/shares/{share['id']}"
    assert api.call("DELETE", path).status_code == 204
    assert api.call("DELETE", path).status_code == 204
    assert api.data("GET", path)["state"] == "revoked"
    assert api.codes("PATCH", path, {"title": "x"}) == (410, "removed")
    assert api.codes("POST", f"{path}/files", {"files": [FILE]}) == (410, "removed")
    assert api.codes("GET", f"{path}/public") == (410, "removed")


@pytest.mark.parametrize("share_id", ["x" * 22, "short", "y" * 23, "%00" * 7, "..%2f..%2fadmin", "é" * 22, "%ff%fe"])
def test_forged_ids_lead_nowhere(api: ApiClient, anonymous_api: ApiClient, share_id: str) -> None:
    for method, call, body in (("GET", "", None), ("PATCH", "", {"title": "x"}), ("DELETE", "", None)):
        assert api.call(method, f"/shares/{share_id}{call}", body).status_code in (404, 422)
    assert anonymous_api.call("GET", f"/shares/{share_id}/public").status_code in (404, 422)
    assert anonymous_api.call("POST", f"/shares/{share_id}/downloads").status_code in (404, 422)


def test_somebody_elses_share_is_not_there(api: ApiClient, stranger: ApiClient) -> None:
    share = create_share(api, title="mine")
    path = f"/shares/{share['id']}"
    for method, call, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "theirs"}),
        ("DELETE", "", None),
        ("POST", "/files", {"files": [FILE]}),
        ("DELETE", f"/files/{share['files'][0]['id']}", None),
        ("GET", "/events", None),
    ):
        foreign = stranger.problem(method, f"{path}{call}", body)
        absent = stranger.problem(method, f"/shares/{'x' * 22}{call}", body)
        assert (foreign["status"], foreign["code"]) == (404, "not-found")
        assert foreign == absent
    assert stranger.data("GET", "/shares")["items"] == []
    assert api.data("GET", path)["title"] == "mine"


@pytest.mark.usefixtures("storage")
def test_the_list_is_filtered_searched_and_paged(api: ApiClient, as_owner: Caller) -> None:
    for number in range(52):
        create_share(api, title=f"draft {number}")
    put_share(as_owner, title="needle")
    first = api.data("GET", "/shares")
    second = api.data("GET", f"/shares?cursor={first['next_cursor']}")
    titles = [item["title"] for item in [*first["items"], *second["items"]]]
    assert titles == ["needle", *(f"draft {number}" for number in reversed(range(52)))]
    assert (len(first["items"]), second["next_cursor"]) == (50, None)
    assert [item["title"] for item in api.data("GET", "/shares?state=live")["items"]] == ["needle"]
    assert [item["title"] for item in api.data("GET", "/shares?q=NEED")["items"]] == ["needle"]
    assert "files" not in first["items"][0]


@pytest.mark.parametrize("query", ["state=odd", "cursor=x", "cursor=AAAA", "cursor=" + "A" * 4000])
def test_a_query_that_makes_no_sense_is_refused(api: ApiClient, query: str) -> None:
    assert api.codes("GET", f"/shares?{query}") == (422, "invalid")


@pytest.mark.usefixtures("storage")
def test_the_public_view_counts_nothing_and_keeps_what_a_password_guards(
    api: ApiClient, anonymous_api: ApiClient
) -> None:
    plain = share_of(api, b"hello", title="Plain", max_downloads=1)
    locked = share_of(api, b"hello", title="Locked", password="secret")
    public_view = anonymous_api.data("GET", f"/shares/{plain['id']}/public")
    assert (public_view["title"], public_view["needs_password"], public_view["remaining"], public_view["state"]) == (
        "Plain",
        False,
        1,
        "live",
    )
    assert [file["name"] for file in public_view["files"]] == ["file-0.txt"]
    hidden = anonymous_api.data("GET", f"/shares/{locked['id']}/public")
    assert (hidden["title"], hidden["files"], hidden["size"], hidden["needs_password"]) == ("", [], 0, True)
    assert api.data("GET", f"/shares/{plain['id']}")["downloads"] == 0
