"""Parts through signed URLs: only the declared bytes are accepted, and only complete uploads become objects."""

import secrets
import time
from dataclasses import replace

import pytest

from shares.storage import ObjectExists, Part, PartMismatch, ShareStorage, UploadGone, composite_sha256
from tests.storage.http import send
from tests.storage.objects import (
    HOST,
    MIB,
    OPAQUE,
    declare,
    link,
    list_declared_parts,
    new_key,
    part,
    put,
    start,
    store_object,
)

BODY = b"thirty-two bytes of a small file"


def test_parts_become_one_object_with_the_composite_checksum(store: ShareStorage) -> None:
    bodies = [secrets.token_bytes(5 * MIB), b"the end"]
    key = store_object(store, *bodies)
    stored_object = store.objects.head(key)
    assert stored_object is not None
    assert (stored_object.key, stored_object.size, stored_object.parts) == (key, 5 * MIB + 7, 2)
    assert stored_object.sha256 == composite_sha256([p.sha256 for p in declare(bodies)])
    assert send("GET", link(store, key)).body == b"".join(bodies)


def test_arrived_parts_are_listed_by_number(store: ShareStorage) -> None:
    key, bodies = new_key(), [b"one", b"three", b"five"]
    upload, signed_parts = start(store, key, bodies)
    for index in (2, 0):
        assert put(signed_parts[index], bodies[index]).status == 200
    assert [(p.number, p.size) for p in store.uploads.list_parts(key, upload)] == [(1, 3), (3, 4)]
    assert all(p.etag.startswith('"') for p in store.uploads.list_parts(key, upload))
    store.uploads.abort(key, upload)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, None, 200),
        (bytes([BODY[0] ^ 1]) + BODY[1:], None, 400),
        (BODY + b"!", None, 403),
        (BODY[:-1], None, 403),
        (b"", None, 403),
        (BODY, {}, 403),
        (BODY, {"x-amz-checksum-sha256": "A" * 43 + "="}, 403),
    ],
    ids=["right", "flipped bit", "longer", "shorter", "empty", "no checksum", "other checksum"],
)
def test_a_part_is_what_was_declared_or_nothing(
    store: ShareStorage, body: bytes, headers: dict[str, str] | None, status: int
) -> None:
    key = new_key()
    upload, [signed_part] = start(store, key, [BODY])
    response = send("PUT", signed_part.url, body, signed_part.headers if headers is None else headers)
    assert response.status == status
    assert len(store.uploads.list_parts(key, upload)) == (status == 200)
    store.uploads.abort(key, upload)


def test_a_url_for_one_part_fits_no_other(store: ShareStorage) -> None:
    key = new_key()
    upload, [signed_part] = start(store, key, [BODY])
    other_upload, [_] = start(store, new_key(), [BODY])
    for url in (
        signed_part.url.replace("partNumber=1&", "partNumber=2&"),
        signed_part.url.replace(upload, other_upload),
        signed_part.url.replace(key, new_key()),
        signed_part.url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"),
    ):
        assert url != signed_part.url
        assert send("PUT", url, BODY, signed_part.headers).status == 403
    assert store.uploads.list_parts(key, upload) == []


def test_a_part_url_dies(store: ShareStorage) -> None:
    key = new_key()
    upload = store.uploads.start(key, content_type=OPAQUE)
    [signed_part] = store.sign_parts(key, upload, [part(1, BODY)], seconds=1, host=HOST)
    time.sleep(2.1)
    assert put(signed_part, BODY).status == 403


def test_nothing_gets_in_after_completion(store: ShareStorage) -> None:
    key = new_key()
    upload, [signed_part] = start(store, key, [BODY])
    assert put(signed_part, BODY).status == 200
    store.uploads.complete(key, upload, list_declared_parts(store, key, upload, [BODY]))
    assert put(signed_part, BODY).status == 404
    with pytest.raises(UploadGone):
        store.uploads.list_parts(key, upload)


def test_a_finished_object_is_never_replaced(store: ShareStorage) -> None:
    key = store_object(store, BODY)
    upload, [signed_part] = start(store, key, [b"something else"])
    assert put(signed_part, b"something else").status == 200
    with pytest.raises(ObjectExists):
        store.uploads.complete(key, upload, list_declared_parts(store, key, upload, [b"something else"]))
    assert send("GET", link(store, key)).body == BODY


def test_wrong_parts_are_not_completed(store: ShareStorage) -> None:
    key = new_key()
    upload, signed_parts = start(store, key, [BODY, b"end"])
    assert put(signed_parts[0], BODY).status == 200
    [stored_part] = list_declared_parts(store, key, upload, [BODY])
    for parts in (
        [stored_part, replace(stored_part, number=2)],
        [replace(stored_part, etag='"00000000000000000000000000000000"')],
        [replace(stored_part, sha256=bytes(32))],
    ):
        with pytest.raises(PartMismatch):
            store.uploads.complete(key, upload, parts)
    assert store.objects.head(key) is None
    store.uploads.complete(key, upload, [stored_part])
    assert store.objects.head(key) is not None


def test_an_aborted_upload_is_gone_and_may_be_aborted_again(store: ShareStorage) -> None:
    key = new_key()
    upload, [signed_part] = start(store, key, [BODY])
    assert put(signed_part, BODY).status == 200
    [stored_part] = store.uploads.list_parts(key, upload)
    store.uploads.abort(key, upload)
    store.uploads.abort(key, upload)
    with pytest.raises(UploadGone):
        store.uploads.list_parts(key, upload)
    with pytest.raises(UploadGone):
        store.uploads.complete(key, upload, [stored_part])
    assert put(signed_part, BODY).status == 404


def test_open_uploads_are_found(store: ShareStorage) -> None:
    key = new_key()
    upload, _ = start(store, key, [BODY])
    before = [open_upload for open_upload in store.uploads.walk() if open_upload.key == key]
    store.uploads.abort(key, upload)
    assert [open_upload.upload_id for open_upload in before] == [upload]
    assert before[0].started.utcoffset() is not None
    assert not [open_upload for open_upload in store.uploads.walk() if open_upload.key == key]


@pytest.mark.parametrize(
    "wrong", [Part(0, 1, bytes(32)), Part(10_001, 1, bytes(32)), Part(1, 0, bytes(32)), Part(1, 1, b"")]
)
def test_a_part_that_cannot_be_is_not_signed(store: ShareStorage, wrong: Part) -> None:
    with pytest.raises(ValueError, match="part needs"):
        store.sign_parts("u/1", "upload", [wrong], seconds=60, host=HOST)


def test_urls_stay_out_of_what_gets_logged(store: ShareStorage) -> None:
    [signed_part] = store.sign_parts("u/1", "upload", [part(1, BODY)], seconds=60, host=HOST)
    signed_link = store.sign_get("u/1", name="a", content_type=OPAQUE, inline=False, seconds=60, host=HOST)
    assert "Signature" not in repr(signed_part)
    assert "Signature" not in repr(signed_link)
