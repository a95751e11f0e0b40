"""A request that is repeated because its response was lost is answered again, and nothing is created twice."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from pytest_django import Settings

from shares.models import IdempotencyKey, Share, SharedFile, User
from shares.tasks import delete_expired
from tests.api.api_client import ApiClient

KEY = {"Idempotency-Key": "5f0c9d1e-lost-answer"}
FILES = [{"name": "a.bin", "size": 5}, {"name": "b.bin", "size": 6}]
BODY = {"title": "T", "expires_in": 3600, "password": "open sesame", "files": FILES}


def create(api: ApiClient, path: str, body: Any, **headers: str) -> Any:
    response = api.call("POST", path, body, **headers)
    assert response.status_code == 201, response.content
    return json.loads(response.content)


def test_a_share_is_created_once_for_all_repeated_requests(api: ApiClient, owner: User) -> None:
    first = create(api, "/shares", BODY, **KEY)
    assert create(api, "/shares", BODY, **KEY) == first
    assert create(api, "/shares", BODY, **KEY) == first
    assert (Share.objects.count(), SharedFile.objects.count()) == (1, 2)
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (11, 2)


def test_without_a_key_or_with_another_one_it_is_another_request(api: ApiClient) -> None:
    ids = {create(api, "/shares", BODY)["id"] for _ in range(2)}
    ids |= {create(api, "/shares", BODY, **{"Idempotency-Key": key})["id"] for key in ("one", "two")}
    assert len(ids) == Share.objects.count() == 4


def test_slots_are_added_once(api: ApiClient, owner: User) -> None:
    path = f"/shares/{create(api, '/shares', BODY)['id']}/files"
    files_body = {"files": [{"name": "c.bin", "size": 7}]}
    first = create(api, path, files_body, **KEY)
    create(api, path, files_body)
    assert create(api, path, files_body, **KEY) == first
    assert SharedFile.objects.count() == 4
    owner.refresh_from_db()
    assert (owner.used_bytes, owner.used_files) == (25, 4)


def test_a_repeat_has_every_slot_in_its_place_even_of_a_file_removed_since(api: ApiClient) -> None:
    first = create(api, "/shares", BODY, **KEY)
    api.data("DELETE", f"/shares/{first['id']}/files/{first['files'][0]['id']}", status=204)
    second = create(api, "/shares", BODY, **KEY)
    assert [file["id"] for file in second["files"]] == [file["id"] for file in first["files"]]
    assert [file["state"] for file in second["files"]] == ["removed", "uploading"]


@pytest.mark.parametrize("other_body", [{**BODY, "password": "another"}, {**BODY, "files": FILES[:1]}])
def test_a_key_that_comes_with_another_body_is_refused(api: ApiClient, other_body: Any) -> None:
    create(api, "/shares", BODY, **KEY)
    problem = api.problem("POST", "/shares", other_body, **KEY)
    assert (problem["status"], problem["code"]) == (422, "key-reused")
    assert "already used for another request" in problem["detail"]
    assert Share.objects.count() == 1


def test_a_key_that_comes_with_another_path_is_refused(api: ApiClient) -> None:
    first, second = (create(api, "/shares", BODY)["id"] for _ in range(2))
    files_body = {"files": FILES}
    create(api, f"/shares/{first}/files", files_body, **KEY)
    assert api.codes("POST", f"/shares/{second}/files", files_body, **KEY) == (422, "key-reused")


def test_the_same_key_of_another_account_is_another_key(api: ApiClient, stranger: ApiClient) -> None:
    assert create(api, "/shares", BODY, **KEY)["id"] != create(stranger, "/shares", BODY, **KEY)["id"]


def test_a_refused_request_uses_up_no_key(api: ApiClient, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(quota_bytes=10)
    assert api.codes("POST", "/shares", BODY, **KEY) == (413, "quota-exceeded")
    assert IdempotencyKey.objects.count() == 0
    User.objects.filter(pk=owner.pk).update(quota_bytes=None)
    create(api, "/shares", BODY, **KEY)


@pytest.mark.parametrize("key", [" ", "a" * 256, "ä", "a b", "\x7f"])
def test_an_invalid_key_is_refused_with_a_message(api: ApiClient, key: str) -> None:
    problem = api.problem("POST", "/shares", BODY, **{"Idempotency-Key": key})
    assert (problem["status"], problem["field"]) == (422, "Idempotency-Key")


def test_keys_are_kept_for_a_day_and_then_swept(api: ApiClient) -> None:
    first = create(api, "/shares", BODY, **KEY)
    day = timedelta(hours=24)
    IdempotencyKey.objects.update(created_at=timezone.now() - day + timedelta(minutes=1))
    delete_expired()
    assert create(api, "/shares", BODY, **KEY) == first
    IdempotencyKey.objects.update(created_at=timezone.now() - day - timedelta(seconds=1))
    second = create(api, "/shares", BODY, **KEY)  # over, though the sweep has not come yet
    assert second["id"] != first["id"]
    IdempotencyKey.objects.update(created_at=timezone.now() - day - timedelta(seconds=1))
    delete_expired()
    assert IdempotencyKey.objects.count() == 0


def test_what_is_kept_cannot_be_guessed_from(api: ApiClient, settings: Settings) -> None:
    """The request may hold a password: what is kept of it is worth nothing without the server's secret key."""
    create(api, "/shares", BODY, **KEY)
    stored_digest = bytes(IdempotencyKey.objects.get().digest)
    request = b"\n".join([b"POST", b"/api/v1/shares", json.dumps(BODY).encode()])
    assert stored_digest == salted_hmac("shares.idempotency", request, algorithm="sha256").digest()
    settings.SECRET_KEY = "another secret key of another server"
    assert stored_digest != salted_hmac("shares.idempotency", request, algorithm="sha256").digest()
