"""Uploads over the API, against the real storage server."""

from typing import Any

import pytest

from shares.models import SharedFile, User
from tests.api.api_client import ApiClient
from tests.api.uploading import digest, send, share_of
from tests.fixtures import fetch, put

pytestmark = pytest.mark.usefixtures("storage")
MIB = 1024 * 1024


def slot_for(api: ApiClient, size: int, **file: Any) -> Any:
    share = api.data("POST", "/shares", {"files": [{"name": "a.bin", "size": size, **file}]}, status=201)
    return share["files"][0]


def sign_part(api: ApiClient, slot: Any, body: bytes, number: int = 1) -> Any:
    request_body = {"parts": [{"number": number, "checksum_sha256": digest(body)}]}
    return api.data("POST", f"/uploads/{slot['id']}/parts", request_body)["parts"][0]


def test_a_file_in_two_parts_arrives_intact(api: ApiClient) -> None:
    body = bytes(range(256)) * (17 * MIB // 256)
    slot = slot_for(api, len(body))
    assert (slot["part_size"], slot["parts"], slot["state"]) == (16 * MIB, 2, "uploading")
    file = send(api, slot, body)
    assert (file["state"], file["size"]) == ("ready", len(body))
    assert file["checksum"].endswith("-2")
    share_id = SharedFile.objects.get(pk=slot["id"]).share_id
    link = api.data("POST", f"/shares/{share_id}/downloads")["downloads"][0]
    assert fetch(link["url"]) == body


def test_an_empty_file_needs_no_part(api: ApiClient) -> None:
    slot = slot_for(api, 0)
    assert slot["parts"] == 0
    assert send(api, slot, b"")["state"] == "ready"


def test_the_standing_shows_what_storage_has(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    path = f"/uploads/{slot['id']}"
    empty = {"id": slot["id"], "state": "uploading", "size": 5, "part_size": 16 * MIB, "parts": []}
    assert api.data("GET", path) == empty
    part = sign_part(api, slot, b"hello")
    put(part["url"], b"hello", part["headers"])
    assert api.data("GET", path)["parts"] == [{"number": 1, "size": 5, "checksum": digest(b"hello")}]
    api.data("POST", f"{path}/complete")
    assert api.data("GET", path) == {**empty, "state": "ready"}


def test_completing_twice_is_the_same_as_once(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    assert send(api, slot, b"hello") == api.data("POST", f"/uploads/{slot['id']}/complete")


def test_a_signed_part_is_exact_and_expires_soon(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    part = sign_part(api, slot, b"hello")
    assert part["number"] == 1
    assert "X-Amz-Signature" in part["url"]
    assert put(part["url"], b"hellO", part["headers"]) == 400
    assert put(part["url"], b"hello!", part["headers"]) in (400, 403)
    assert put(part["url"], b"hello", {}) == 403
    assert put(part["url"], b"hello", part["headers"]) == 200


@pytest.mark.parametrize("number", [0, -1, 2, 10_001, 2**40])
def test_part_numbers_outside_of_the_file_are_refused(api: ApiClient, number: int) -> None:
    slot = slot_for(api, 5)
    request_body = {"parts": [{"number": number, "checksum_sha256": digest(b"hello")}]}
    problem = api.problem("POST", f"/uploads/{slot['id']}/parts", request_body)
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid", "number")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"number": 1}],
        [{"number": "1", "checksum_sha256": digest(b"")}],
        [{"number": True, "checksum_sha256": digest(b"")}],
        [{"number": 1.5, "checksum_sha256": digest(b"")}],
        [{"number": 1, "checksum_sha256": "not base64!"}],
        [{"number": 1, "checksum_sha256": "aGVsbG8="}],
        [{"number": 1, "checksum_sha256": "é"}],
        [{"number": 1, "checksum_sha256": None}],
        [{"number": 1, "checksum_sha256": digest(b"")}] * 2,
        [{"number": 1, "checksum_sha256": digest(b""), "key": "u/0"}],
        [{"number": number, "checksum_sha256": digest(b"")} for number in range(1, 102)],
        {"number": 1},
        None,
    ],
)
def test_invalid_parts_are_refused(api: ApiClient, parts: Any) -> None:
    slot = slot_for(api, 5)
    assert api.codes("POST", f"/uploads/{slot['id']}/parts", {"parts": parts}) == (422, "invalid")


def test_complete_with_parts_missing_is_refused_and_can_go_on(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    path = f"/uploads/{slot['id']}/complete"
    assert api.codes("POST", path) == (409, "not-ready")
    sign_part(api, slot, b"hello")
    assert api.codes("POST", path) == (409, "not-ready")
    assert send(api, slot, b"hello")["state"] == "ready"


def test_a_complete_file_accepts_no_parts(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    part = sign_part(api, slot, b"hello")
    send(api, slot, b"hello")
    request_body = {"parts": [{"number": 1, "checksum_sha256": digest(b"other")}]}
    assert api.codes("POST", f"/uploads/{slot['id']}/parts", request_body) == (422, "invalid")
    assert put(part["url"], b"hello", part["headers"]) == 404
    assert api.codes("DELETE", f"/uploads/{slot['id']}") == (422, "invalid")


def test_cancel_removes_the_file(api: ApiClient) -> None:
    slot = slot_for(api, 5)
    part = sign_part(api, slot, b"hello")
    assert api.call("DELETE", f"/uploads/{slot['id']}").status_code == 204
    assert put(part["url"], b"hello", part["headers"]) == 404
    for method, call in (("GET", ""), ("DELETE", ""), ("POST", "/complete")):
        assert api.codes(method, f"/uploads/{slot['id']}{call}") == (404, "not-found")


@pytest.mark.parametrize("method_and_call", [("GET", ""), ("DELETE", ""), ("POST", "/complete"), ("POST", "/parts")])
def test_an_upload_of_somebody_else_is_not_there(
    api: ApiClient, stranger: ApiClient, method_and_call: tuple[str, str]
) -> None:
    method, call = method_and_call
    slot = slot_for(api, 5)
    body = {"parts": [{"number": 1, "checksum_sha256": digest(b"hello")}]} if call == "/parts" else None
    foreign = stranger.problem(method, f"/uploads/{slot['id']}{call}", body)
    assert (foreign["status"], foreign["code"]) == (404, "not-found")
    assert foreign == stranger.problem(method, f"/uploads/{'x' * 22}{call}", body)


def test_an_upload_into_a_revoked_share_is_refused(api: ApiClient, owner: User) -> None:
    slot = slot_for(api, 5)
    part = sign_part(api, slot, b"hello")
    put(part["url"], b"hello", part["headers"])
    api.call("DELETE", f"/shares/{SharedFile.objects.get(pk=slot['id']).share_id}")
    assert api.codes("POST", f"/uploads/{slot['id']}/complete") == (410, "removed")


def test_several_files_arrive_side_by_side(api: ApiClient) -> None:
    share = share_of(api, b"one", b"", b"three")
    assert [file["state"] for file in share["files"]] == ["ready"] * 3
    assert (share["state"], share["size"]) == ("live", 8)
