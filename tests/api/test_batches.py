"""Many small files over the API, against the real storage server: each independent of the others."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shares.models import Event, SharedFile, UploadPart
from shares.storage import share_storage
from tests.api.api_client import ApiClient
from tests.api.uploading import digest, send
from tests.fixtures import fetch, put

pytestmark = pytest.mark.usefixtures("storage")
MIB = 1024 * 1024


def slots_for(api: ApiClient, *sizes: int) -> list[Any]:
    files = [{"name": f"{number}.bin", "size": size} for number, size in enumerate(sizes)]
    slots: list[Any] = api.data("POST", "/shares", {"files": files}, status=201)["files"]
    return slots


def sign_files(api: ApiClient, bodies: dict[str, bytes]) -> list[Any]:
    file_requests = [{"id": file_id, "checksum_sha256": digest(body)} for file_id, body in bodies.items()]
    response = api.data("POST", "/uploads/sign", {"files": file_requests})
    assert [file["id"] for file in response["files"]] == list(bodies)
    files: list[Any] = response["files"]
    return files


def completed(api: ApiClient, *ids: str, **fields: str) -> list[Any]:
    files: list[Any] = api.data("POST", "/uploads/complete", {"files": [{"id": file_id, **fields} for file_id in ids]})[
        "files"
    ]
    assert [file["id"] for file in files] == list(ids)
    return files


def codes(responses: list[Any]) -> list[Any]:
    return [response["problem"] and response["problem"]["code"] for response in responses]


def test_small_files_arrive_intact_in_two_calls(api: ApiClient) -> None:
    bodies = [b"", b"one", b"two" * 1000]
    slots = slots_for(api, *map(len, bodies))
    by_id = {slot["id"]: body for slot, body in zip(slots, bodies, strict=True) if body}
    for signed_file in sign_files(api, by_id):
        assert put(signed_file["url"], by_id[signed_file["id"]], signed_file["headers"]) == 200
    completions = completed(api, *(slot["id"] for slot in slots))
    assert [completion["file"]["state"] for completion in completions] == ["ready"] * 3
    assert [completion["file"]["sha256"] for completion in completions] == [
        hashlib.sha256(body).hexdigest() for body in bodies
    ]
    assert completions[1]["file"]["checksum"] == digest(b"one")
    assert not UploadPart.objects.exists()
    assert Event.objects.filter(kind="uploaded").count() == 3
    assert completed(api, *(slot["id"] for slot in slots)) == completions
    assert Event.objects.filter(kind="uploaded").count() == 3
    share_id = SharedFile.objects.get(pk=slots[0]["id"]).share_id
    links = api.data("POST", f"/shares/{share_id}/downloads")["downloads"]
    assert [fetch(link["url"]) for link in links] == bodies


def test_a_url_accepts_only_its_bytes_and_only_once(api: ApiClient) -> None:
    [slot] = slots_for(api, 5)
    [signed_file] = sign_files(api, {slot["id"]: b"hello"})
    assert put(signed_file["url"], b"jello", signed_file["headers"]) == 400
    assert put(signed_file["url"], b"hello!", signed_file["headers"]) == 403
    assert put(signed_file["url"], b"hello", {**signed_file["headers"], "if-none-match": "other"}) == 403
    assert put(signed_file["url"], b"hello", signed_file["headers"]) == 200
    completed(api, slot["id"])
    assert put(signed_file["url"], b"hello", signed_file["headers"]) == 412


def test_a_digest_is_announced_once(api: ApiClient) -> None:
    [slot] = slots_for(api, 5)
    [first] = sign_files(api, {slot["id"]: b"hello"})
    assert codes(sign_files(api, {slot["id"]: b"jello"})) == ["invalid"]
    body = {"parts": [{"number": 1, "checksum_sha256": digest(b"jello")}]}
    assert api.codes("POST", f"/uploads/{slot['id']}/parts", body) == (422, "invalid")
    assert codes(sign_files(api, {slot["id"]: b"hello"})) == [None]
    assert put(first["url"], b"hello", first["headers"]) == 200
    assert completed(api, slot["id"])[0]["file"]["sha256"] == hashlib.sha256(b"hello").hexdigest()


def test_a_bad_entry_does_not_spoil_the_others(api: ApiClient, stranger: ApiClient) -> None:
    [foreign] = slots_for(stranger, 5)
    good, ready, long, missing, empty = slots_for(api, 5, 5, 17 * MIB, 5, 0)
    send(api, ready, b"hello")
    ids = [slot["id"] for slot in (foreign, good, ready, long)]
    responses = sign_files(api, dict.fromkeys([*ids, "x" * 22], b"hello"))
    assert codes(responses) == ["not-found", None, "invalid", "invalid", "not-found"]
    assert put(responses[1]["url"], b"hello", responses[1]["headers"]) == 200
    completions = completed(
        api, good["id"], missing["id"], foreign["id"], "y" * 22, long["id"], ready["id"], empty["id"]
    )
    assert codes(completions) == [None, "not-ready", "not-found", "not-found", "not-ready", None, None]


def test_a_short_checksum_and_a_false_sum_are_refused_alone(api: ApiClient) -> None:
    first, second = slots_for(api, 5, 5)
    file_requests = [
        {"id": first["id"], "checksum_sha256": "aGVsbG8="},
        {"id": second["id"], "checksum_sha256": digest(b"hello")},
    ]
    responses = api.data("POST", "/uploads/sign", {"files": file_requests})["files"]
    assert codes(responses) == ["invalid", None]
    put(responses[1]["url"], b"hello", responses[1]["headers"])
    assert codes(completed(api, second["id"], sha256="0" * 64)) == ["invalid"]
    assert codes(completed(api, second["id"], sha256="short")) == ["invalid"]
    assert codes(completed(api, second["id"], sha256=hashlib.sha256(b"hello").hexdigest())) == [None]


def test_a_file_begun_in_parts_goes_on_in_parts(api: ApiClient) -> None:
    [slot] = slots_for(api, 5)
    body = {"parts": [{"number": 1, "checksum_sha256": digest(b"hello")}]}
    api.data("POST", f"/uploads/{slot['id']}/parts", body)
    [signed_file] = sign_files(api, {slot["id"]: b"hello"})
    assert "partNumber=1" in signed_file["url"]
    assert put(signed_file["url"], b"hello", signed_file["headers"]) == 200
    assert completed(api, slot["id"])[0]["file"]["checksum"].endswith("-1")


def test_what_storage_has_of_it_is_known(api: ApiClient) -> None:
    [slot] = slots_for(api, 5)
    [signed_file] = sign_files(api, {slot["id"]: b"hello"})
    path = f"/uploads/{slot['id']}"
    assert api.data("GET", path)["parts"] == []
    put(signed_file["url"], b"hello", signed_file["headers"])
    assert api.data("GET", path)["parts"] == [{"number": 1, "size": 5, "checksum": digest(b"hello")}]
    assert api.data("POST", f"{path}/complete")["state"] == "ready"


def test_a_hundred_cost_as_many_statements_as_two(api: ApiClient) -> None:
    counts = []
    for number in (2, 100):
        bodies = {slot["id"]: b"%05d" % index for index, slot in enumerate(slots_for(api, *[5] * number))}
        with CaptureQueriesContext(connection) as signing:
            responses = sign_files(api, bodies)
        for signed_file in responses:
            put(signed_file["url"], bodies[signed_file["id"]], signed_file["headers"])
        with CaptureQueriesContext(connection) as completing:
            assert codes(completed(api, *bodies)) == [None] * number
        counts.append((len(signing), len(completing)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("call", ["sign", "complete"])
@pytest.mark.parametrize("number", [0, 101])
def test_one_to_a_hundred_a_call(api: ApiClient, call: str, number: int) -> None:
    sums = {"checksum_sha256": digest(b"")} if call == "sign" else {}
    files = [{"id": f"{index:022d}", **sums} for index in range(number)]
    assert api.codes("POST", f"/uploads/{call}", {"files": files}) == (422, "invalid")
    twice = [{"id": "x" * 22, **sums}] * 2
    assert api.codes("POST", f"/uploads/{call}", {"files": twice}) == (422, "invalid")


def test_other_bytes_in_the_store_are_found_and_deleted(api: ApiClient) -> None:
    [slot] = slots_for(api, 5)
    [signed_file] = sign_files(api, {slot["id"]: b"hello"})
    put(signed_file["url"], b"hello", signed_file["headers"])
    storage = share_storage()
    key = SharedFile.objects.get(pk=slot["id"]).key
    storage.client.put_object(Bucket=storage.bucket_name, Key=key, Body=b"other", ChecksumAlgorithm="SHA256")
    assert codes(completed(api, slot["id"])) == ["invalid"]
    assert storage.objects.head(key) is None
    assert put(signed_file["url"], b"hello", signed_file["headers"]) == 200
    assert codes(completed(api, slot["id"])) == [None]


def test_a_file_of_two_parts_has_the_checksum_of_its_sender(api: ApiClient) -> None:
    body = bytes(17 * MIB)
    [slot] = slots_for(api, len(body))
    cut = [body[: 16 * MIB], body[16 * MIB :]]
    part_requests = [{"number": number, "checksum_sha256": digest(piece)} for number, piece in enumerate(cut, 1)]
    parts = api.data("POST", f"/uploads/{slot['id']}/parts", {"parts": part_requests})["parts"]
    for part, piece in zip(parts, cut, strict=True):
        put(part["url"], piece, part["headers"])
    fields = {"sha256": hashlib.sha256(body).hexdigest()}
    assert api.codes("POST", f"/uploads/{slot['id']}/complete", {"sha256": "z" * 64}) == (422, "invalid")
    assert api.data("POST", f"/uploads/{slot['id']}/complete", fields)["sha256"] == fields["sha256"]


def test_an_id_that_no_text_of_the_database_can_be_is_not_found(api: ApiClient) -> None:
    checksum = digest(b"x")
    for path in ("/uploads/sign", "/uploads/complete"):
        entry = {"id": "a\0b"} | ({"checksum_sha256": checksum} if path == "/uploads/sign" else {})
        assert codes(api.data("POST", path, {"files": [entry]})["files"]) == ["not-found"]
