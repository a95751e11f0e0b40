"""A storage whose responses are lost, late or wrong: nothing is ready early, lost, or done twice."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from shares.callers import Caller
from shares.errors import Refusal, StorageUnavailable
from shares.models import Event, SharedFile, User
from shares.services.downloads import start
from shares.services.downloads.visits import Visit
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches, multipart
from shares.services.uploads.batches import CompletedFile, FileRequest
from shares.storage import share_storage
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.fixtures import fetch, put
from tests.services.uploads.test_uploads import fresh, part_requests
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, is_completion, is_object_lookup, is_put

pytestmark = pytest.mark.outage
BODY = secrets.token_bytes(5000)
Upload = Callable[[bytes], SharedFile]

# What the proxy sends instead of the storage, and whether it forwards the request.
LOST = {"status": 0}
SILENT = {"status": -1}
ERROR_IN_200 = {"status": 200, "code": "InternalError"}
EMPTY_200 = {"status": 200}
CONFLICT = {"status": 409, "code": "ConditionalRequestConflict"}
BROKEN = {"status": 500, "code": "InternalError"}
SLOW = {"status": 503, "code": "SlowDown"}
BAD_GATEWAY = {"status": 502}
RESPONSES = {
    "the answer is lost": LOST, "silence": SILENT, "200 with an error inside": ERROR_IN_200, "an empty 200": EMPTY_200,
    "409": CONFLICT, "500": BROKEN, "503 SlowDown": SLOW, "502 of a proxy": BAD_GATEWAY,
}  # fmt: skip


@pytest.fixture
def faulty_proxy(
    storage: None, storage_server: SeaweedFS, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultyS3Proxy]:
    monkeypatch.setattr("shares.storage.backend.READ_SECONDS", 0.7)
    with FaultyS3Proxy(storage_server.url) as proxy:
        options = settings.STORAGES["shares"]["OPTIONS"] | {"endpoint_url": proxy.url}
        settings.STORAGES = settings.STORAGES | {"shares": settings.STORAGES["shares"] | {"OPTIONS": options}}
        assert share_storage().endpoint_url == proxy.url
        yield proxy


@pytest.fixture
def sent_upload(faulty_proxy: FaultyS3Proxy, as_owner: Caller, now: datetime) -> Upload:
    """A file all of whose bytes are in storage, in parts, not completed yet."""

    def send(body: bytes) -> SharedFile:
        file = declared(as_owner, now, len(body))
        for part in multipart.sign_parts(file=file, requests=part_requests(body), caller=as_owner, now=now):
            assert put(part.url, body, dict(part.headers)) == 200
        return file

    return send


def declared(caller: Caller, now: datetime, size: int) -> SharedFile:
    expiry = {"expires_at": now + timedelta(days=1)}
    share = shares.create(caller=caller, values=expiry, specs=[FileSpec("f.bin", size)], now=now)  # type: ignore[arg-type]
    return SharedFile.objects.select_related("share__owner", "upload__file").get(share=share)


def assert_ready_once(file: SharedFile, body: bytes, caller: Caller, now: datetime) -> None:
    file = fresh(file)
    assert file.ready_at == now
    assert Event.objects.filter(kind="uploaded", file_id=file.pk).count() == 1
    download = start.start_download(share=file.share, files=[file], visit=Visit(caller, now))
    assert fetch(download.links[0].url) == body
    owner = User.objects.get(pk=file.share.owner_id)
    assert (owner.used_bytes, owner.used_files) == (len(body), 1)


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_a_completion_that_happened_is_found_whatever_the_answer(
    faulty_proxy: FaultyS3Proxy, sent_upload: Upload, as_owner: Caller, now: datetime, response: dict[str, Any]
) -> None:
    file = sent_upload(BODY)
    faulty_proxy.inject_error(is_completion, **response)
    multipart.complete(file=file, caller=as_owner, now=now)
    assert faulty_proxy.affected_methods
    multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert_ready_once(file, BODY, as_owner, now)


@pytest.mark.parametrize("response", [LOST, SILENT, ERROR_IN_200, EMPTY_200, CONFLICT], ids=str)
def test_a_completion_that_did_not_happen_is_never_believed(
    faulty_proxy: FaultyS3Proxy, sent_upload: Upload, as_owner: Caller, now: datetime, response: dict[str, Any]
) -> None:
    file = sent_upload(BODY)
    faulty_proxy.inject_error(is_completion, forwards=False, **response)
    with pytest.raises(StorageUnavailable):
        multipart.complete(file=file, caller=as_owner, now=now)
    assert fresh(file).ready_at is None
    assert not Event.objects.filter(kind="uploaded").exists()
    faulty_proxy.reset()
    multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert_ready_once(file, BODY, as_owner, now)


@pytest.mark.parametrize("response", [LOST, SILENT, BROKEN], ids=lambda response: str(response["status"]))
def test_a_failed_update_shows_nothing_and_loses_nothing(
    faulty_proxy: FaultyS3Proxy, sent_upload: Upload, as_owner: Caller, now: datetime, response: dict[str, Any]
) -> None:
    file = sent_upload(BODY)
    faulty_proxy.inject_error(is_object_lookup, forwards=False, **response)
    with pytest.raises(StorageUnavailable):
        multipart.complete(file=file, caller=as_owner, now=now)
    assert fresh(file).ready_at is None
    faulty_proxy.reset()
    multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert_ready_once(file, BODY, as_owner, now)


def test_only_a_404_by_the_storage_itself_deletes_anything(
    faulty_proxy: FaultyS3Proxy, sent_upload: Upload, as_owner: Caller, now: datetime
) -> None:
    file = sent_upload(BODY)
    faulty_proxy.inject_error(is_object_lookup, forwards=False, status=404)
    with pytest.raises(StorageUnavailable):
        multipart.complete(file=file, caller=as_owner, now=now)
    faulty_proxy.reset()
    multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert_ready_once(file, BODY, as_owner, now)


@pytest.mark.parametrize(
    "response", [LOST, SILENT, BROKEN, SLOW, CONFLICT], ids=lambda response: str(response["status"])
)
def test_an_empty_file_is_stored_once_whatever_the_answer(
    faulty_proxy: FaultyS3Proxy, as_owner: Caller, now: datetime, response: dict[str, Any]
) -> None:
    file = declared(as_owner, now, 0)
    faulty_proxy.inject_error(is_put, times=1, **response)
    try:
        multipart.complete(file=file, caller=as_owner, now=now)
    except StorageUnavailable:
        multipart.complete(file=fresh(file), caller=as_owner, now=now)
    assert faulty_proxy.affected_methods
    assert_ready_once(file, b"", as_owner, now)


@pytest.mark.parametrize("response", [LOST, BAD_GATEWAY], ids=lambda response: str(response["status"]))
def test_small_files_completed_in_a_batch_outlive_it_too(
    faulty_proxy: FaultyS3Proxy, as_owner: Caller, now: datetime, response: dict[str, Any]
) -> None:
    file = declared(as_owner, now, len(BODY))
    [part] = part_requests(BODY)
    [signed_part] = batches.sign(requests=[FileRequest(file.pk, part.sha256, part.md5)], caller=as_owner, now=now)
    assert not isinstance(signed_part, Refusal)
    assert put(signed_part.url, BODY, dict(signed_part.headers)) == 200
    faulty_proxy.inject_error(is_object_lookup, forwards=False, **response)
    [refusal] = batches.complete(completed_files=[CompletedFile(file.pk)], caller=as_owner, now=now)
    assert isinstance(refusal, StorageUnavailable)
    assert fresh(file).ready_at is None
    faulty_proxy.reset()
    for _ in range(2):
        batches.complete(completed_files=[CompletedFile(file.pk)], caller=as_owner, now=now)
    assert_ready_once(file, BODY, as_owner, now)
