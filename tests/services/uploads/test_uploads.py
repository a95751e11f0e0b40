"""Uploads: what storage contains is what counts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from shares import errors
from shares.callers import Caller
from shares.models import Event, Share, SharedFile, UploadPart
from shares.services.sharing import shares
from shares.services.sharing.files import MIB, FileSpec, part_size
from shares.services.uploads import multipart
from shares.services.uploads.multipart import PartRequest
from shares.storage import share_storage
from tests.fixtures import announce, put, send

Slot = Callable[[int], SharedFile]
PART = 5 * MIB


@pytest.fixture
def slot(storage: None, as_owner: Caller, now: datetime, settings: Settings) -> Slot:
    """A declared file of so many bytes, in parts of 5 MiB (the least that S3 takes)."""
    settings.PART_BYTES = PART

    def declare(size: int) -> SharedFile:
        share = shares.create(
            caller=as_owner, values={"expires_at": now + timedelta(days=1)}, specs=[FileSpec("f.bin", size)], now=now
        )
        return SharedFile.objects.select_related("share", "upload__file").get(share=share)

    return declare


def part_requests(body: bytes) -> list[PartRequest]:
    pieces = [body[start : start + PART] for start in range(0, len(body), PART)]
    return [announce(n, piece) for n, piece in enumerate(pieces, 1)]


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART])
def test_a_file_is_ready_once_every_byte_is_there(slot: Slot, as_owner: Caller, now: datetime, size: int) -> None:
    file = send(slot(size), b"x" * size, as_owner, now)
    assert file.state == SharedFile.State.READY
    stored_object = share_storage().objects.head(file.key)
    assert stored_object is not None
    assert stored_object.size == size
    assert Share.objects.get(pk=file.share_id).state(now) == Share.State.LIVE
    assert not UploadPart.objects.exists()
    assert multipart.complete(file=file, caller=as_owner, now=now).ready_at == now
    assert Event.objects.filter(kind="uploaded").count() == 1


def test_a_part_url_accepts_only_the_bytes_it_was_signed_for(slot: Slot, as_owner: Caller, now: datetime) -> None:
    body = b"x" * 1000
    file = slot(len(body))
    [signed_part] = multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now)
    headers = dict(signed_part.headers)
    assert put(signed_part.url, b"y" + body[1:], headers) == 400
    assert put(signed_part.url, body + b"!", headers) in (400, 403)
    assert put(signed_part.url, body, {}) == 403
    assert put(signed_part.url, body, headers) == 200


def test_completion_reports_the_missing_parts(slot: Slot, as_owner: Caller, now: datetime) -> None:
    body = b"x" * (2 * PART + 1)
    file = slot(len(body))
    signed_parts = multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now)
    assert put(signed_parts[0].url, body[:PART], dict(signed_parts[0].headers)) == 200
    with pytest.raises(errors.NotReady, match="2 of 3 parts have not arrived: 2, 3"):
        multipart.complete(file=file, caller=as_owner, now=now)
    progress = multipart.progress(file=file, caller=as_owner, now=now)
    assert [(part.number, part.size) for part, _ in progress.parts] == [(1, PART)]


@pytest.mark.parametrize("part_numbers", [[0], [2], [10_001], [-1], [1, 1], [], list(range(1, 102))])
def test_part_numbers_outside_the_file_are_refused(
    slot: Slot, as_owner: Caller, now: datetime, part_numbers: list[int]
) -> None:
    file = slot(1000)
    with pytest.raises(errors.Invalid):
        multipart.sign_parts(
            file=file,
            requests=[PartRequest(number, bytes(32), bytes(16)) for number in part_numbers],
            caller=as_owner,
            now=now,
        )
    assert file.upload.storage_id == ""


def test_a_digest_signed_again_after_the_part_arrived_is_found_out(slot: Slot, as_owner: Caller, now: datetime) -> None:
    body = b"x" * 1000
    file = slot(len(body))
    [signed_part] = multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now)
    assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    multipart.sign_parts(file=file, requests=[PartRequest(1, bytes(32), bytes(16))], caller=as_owner, now=now)
    with pytest.raises(errors.Refusal):
        multipart.complete(file=file, caller=as_owner, now=now)
    file.refresh_from_db()
    assert file.ready_at is None
    assert share_storage().objects.head(file.key) is None
    assert send(fresh(file), body, as_owner, now).ready_at is not None


def test_an_object_of_another_size_is_deleted_and_reported(slot: Slot, as_owner: Caller, now: datetime) -> None:
    body = b"x" * 1000
    file = send(slot(len(body)), body, as_owner, now)
    SharedFile.objects.filter(pk=file.pk).update(ready_at=None, size=999)
    with pytest.raises(errors.Invalid, match="size"):
        multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert share_storage().objects.head(file.key) is None


def test_a_completion_whose_answer_was_lost_is_found_by_the_next(slot: Slot, as_owner: Caller, now: datetime) -> None:
    file = send(slot(1000), b"x" * 1000, as_owner, now)
    SharedFile.objects.filter(pk=file.pk).update(ready_at=None)
    assert multipart.complete(file=fresh(file), caller=as_owner, now=now).ready_at == now


def test_a_finished_object_is_never_overwritten(slot: Slot, as_owner: Caller, now: datetime) -> None:
    file = send(slot(1000), b"x" * 1000, as_owner, now)
    with pytest.raises(errors.Invalid, match="complete"):
        multipart.sign_parts(file=fresh(file), requests=part_requests(b"y" * 1000), caller=as_owner, now=now)


def test_only_the_owner_uploads(slot: Slot, as_colleague: Caller, visitor: Caller, now: datetime) -> None:
    file = slot(10)
    for caller, refusal in [(as_colleague, errors.NotFound), (visitor, errors.NotSignedIn)]:
        for operation in (multipart.progress, multipart.complete, multipart.cancel):
            with pytest.raises(refusal):
                operation(file=file, caller=caller, now=now)
        with pytest.raises(refusal):
            multipart.sign_parts(file=file, requests=part_requests(b"x" * 10), caller=caller, now=now)


def test_a_canceled_upload_accepts_no_parts_and_deletes_its_own(slot: Slot, as_owner: Caller, now: datetime) -> None:
    body = b"x" * 1000
    file = slot(len(body))
    [signed_part] = multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now)
    assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    multipart.cancel(file=file, caller=as_owner, now=now)
    assert list(share_storage().uploads.walk()) == [] or file.key not in {u.key for u in share_storage().uploads.walk()}
    with pytest.raises(errors.NotFound):
        multipart.complete(file=fresh(file), caller=as_owner, now=now)


def test_a_file_removed_while_it_was_completed_leaves_no_object(
    slot: Slot, as_owner: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"x" * 1000
    file = slot(len(body))
    [signed_part] = multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now)
    assert put(signed_part.url, body, dict(signed_part.headers)) == 200
    head = share_storage().objects.head

    def head_then_remove(key: str) -> object:
        SharedFile.objects.filter(pk=file.pk).update(removed_at=now)
        return head(key)

    monkeypatch.setattr(share_storage().objects, "head", head_then_remove)
    with pytest.raises(errors.NotFound):
        multipart.complete(file=file, caller=as_owner, now=now)
    monkeypatch.undo()
    assert share_storage().objects.head(file.key) is None


@pytest.mark.parametrize("size", [0, 1, 16 * MIB, 1024**4, 5 * 1024**4])
def test_part_sizes_keep_every_file_within_9000_parts(size: int) -> None:
    assert -(-size // part_size(size)) <= 9_000
    assert part_size(size) % MIB == 0


@pytest.mark.parametrize(
    ("wish", "expected"),
    [(None, 16), (1, 5), (5 * MIB, 5), (9 * MIB - 1, 8), (16 * MIB, 16), (10**15, 16)],
)
def test_a_slow_connection_gets_smaller_parts_but_none_that_s3_refuses(wish: int | None, expected: int) -> None:
    assert part_size(100 * MIB, wish) == expected * MIB
    assert -(-(5 * 1024**4) // part_size(5 * 1024**4, wish)) <= 9_000


def fresh(file: SharedFile) -> SharedFile:
    return SharedFile.objects.select_related("share", "upload__file").get(pk=file.pk)
