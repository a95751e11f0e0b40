"""A storage that checks by MD5: what is declared, what counts as arrived, and what the pages may state."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from hashlib import md5, sha256

import pytest
from pytest_django import Settings

from shares.callers import Caller
from shares.errors import Invalid, NotReady, StorageUnsupported
from shares.models import SharedFile, UploadPart
from shares.services.maintenance import purge, reconcile
from shares.services.sharing import shares
from shares.services.sharing.files import FileSpec
from shares.services.uploads import batches, multipart, thumbnails
from shares.services.uploads.batches import CompletedFile, FileRequest
from shares.services.uploads.multipart import PartRequest
from shares.services.uploads.thumbnails import Drawing
from shares.storage import share_storage
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.fixtures import announce, fetch, put, put_share, send
from tests.storage.lookalikes import KINDS, Lookalike

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024
BODY = b"x" * 1000


@pytest.fixture(params=["b2", "no-checksums", "no-conditional-writes"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def proxy(storage: None, storage_server: SeaweedFS, settings: Settings, kind: str) -> Iterator[Lookalike]:
    with Lookalike(storage_server.url, kind) as lookalike:
        changed = deepcopy(settings.STORAGES)
        endpoints = {"endpoint_url": lookalike.url, "public_endpoint_url": lookalike.url}
        changed["shares"]["OPTIONS"].update(**endpoints, **KINDS[kind].options)
        settings.STORAGES = changed
        yield lookalike


def draft(caller: Caller, *sizes: int, now: datetime) -> list[SharedFile]:
    specs = [FileSpec(name=f"{n}.bin", size=size, content_type="") for n, size in enumerate(sizes)]
    share = shares.create(caller=caller, values={"expires_at": now + timedelta(days=1)}, specs=specs, now=now)
    return list(share.files.select_related("share__owner", "upload__file").order_by("position"))


def file_request(file: SharedFile, body: bytes) -> FileRequest:
    return FileRequest(file.pk, sha256(body).digest(), md5(body).digest())


def test_a_file_is_uploaded_in_parts_and_downloaded(
    proxy: Lookalike, as_owner: Caller, now: datetime, kind: str
) -> None:
    share = put_share(as_owner, [b"a" * (16 * MIB) + b"end", b"small", b""], now=now)
    files = list(share.files.select_related("upload").order_by("position"))
    md5_only = "md5" in KINDS[kind].options.values()
    assert [file.checked_by_md5 for file in files] == [md5_only] * 3
    assert [file.sha256_checked for file in files] == [False, not md5_only, not md5_only]
    assert files[1].sha256_hex == sha256(b"small").hexdigest()
    url = share_storage().sign_get(files[1].key, name="a", content_type="", inline=False, seconds=60, host="x").url
    assert fetch(url) == b"small"
    shares.revoke(share=share, caller=as_owner, now=now)
    assert purge.sweep(now=now).files == 3
    assert reconcile.compare(now=now).missing == []
    assert proxy.rejected_codes == []


def test_small_files_go_by_the_hundred(proxy: Lookalike, as_owner: Caller, now: datetime, kind: str) -> None:
    files = draft(as_owner, 5, 6, 0, now=now)
    bodies = [b"fives", b"sixsix"]
    requests = [file_request(file, body) for file, body in zip(files, bodies, strict=False)]
    for signed_part, body in zip(batches.sign(requests=requests, caller=as_owner, now=now), bodies, strict=True):
        assert put(signed_part.url, body, signed_part.headers) == 200  # type: ignore[union-attr]
    # In one piece only where what was verified stays: else by an upload whose URLs end with it.
    assert ("uploadId=" in signed_part.url) is (kind == "b2")  # type: ignore[union-attr]
    finished = batches.complete(completed_files=[CompletedFile(file.pk) for file in files], caller=as_owner, now=now)
    assert [file.state for file in finished] == ["ready"] * 3  # type: ignore[union-attr]
    if kind == "b2":
        assert put(signed_part.url, bodies[1], signed_part.headers) == 404  # type: ignore[union-attr]
    assert proxy.rejected_codes == []


@pytest.mark.parametrize("kind", ["b2"], indirect=True)
def test_without_an_md5_nothing_is_signed(proxy: Lookalike, as_owner: Caller, now: datetime) -> None:
    [file] = draft(as_owner, 1000, now=now)
    with pytest.raises(Invalid) as refusal:
        multipart.sign_parts(file=file, requests=[PartRequest(1, sha256(BODY).digest())], caller=as_owner, now=now)
    assert refusal.value.field == "checksum_md5"
    [outcome] = batches.sign(requests=[FileRequest(file.pk, sha256(BODY).digest())], caller=as_owner, now=now)
    assert isinstance(outcome, Invalid)
    drawing = Drawing(1000, sha256(BODY).digest(), "image/webp", 320, 200)
    with pytest.raises(Invalid):
        thumbnails.sign(file=file, drawing=drawing, caller=as_owner, now=now)


@pytest.mark.parametrize("kind", ["b2"], indirect=True)
def test_a_part_of_an_announcement_that_was_replaced_does_not_count(
    proxy: Lookalike, as_owner: Caller, now: datetime
) -> None:
    [file] = draft(as_owner, 1000, now=now)
    [signed_part] = multipart.sign_parts(file=file, requests=[announce(1, b"y" * 1000)], caller=as_owner, now=now)
    multipart.sign_parts(file=file, requests=[announce(1, BODY)], caller=as_owner, now=now)
    assert put(signed_part.url, b"y" * 1000, dict(signed_part.headers)) == 200
    assert multipart.progress(file=file, caller=as_owner, now=now).parts == ()
    with pytest.raises(NotReady):
        multipart.complete(file=file, caller=as_owner, now=now)
    send(file, BODY, as_owner, now)
    assert SharedFile.objects.get(pk=file.pk).ready_at is not None


@pytest.mark.parametrize("kind", ["no-checksums"], indirect=True)
def test_an_object_of_one_put_must_have_the_declared_md5(proxy: Lookalike, as_owner: Caller, now: datetime) -> None:
    [file] = draft(as_owner, 1000, now=now)
    [signed_part] = batches.sign(requests=[file_request(file, BODY)], caller=as_owner, now=now)
    assert put(signed_part.url, BODY, signed_part.headers) == 200  # type: ignore[union-attr]
    UploadPart.objects.filter(upload=file.pk).update(md5=md5(b"other").digest())
    [outcome] = batches.complete(completed_files=[CompletedFile(file.pk)], caller=as_owner, now=now)
    assert isinstance(outcome, Invalid)
    assert share_storage().objects.head(file.key) is None


@pytest.mark.parametrize("kind", ["b2"], indirect=True)
def test_a_picture_goes_with_its_md5(proxy: Lookalike, as_owner: Caller, now: datetime) -> None:
    [file] = draft(as_owner, 1000, now=now)
    drawing = Drawing(7, sha256(b"picture").digest(), "image/webp", 320, 200, md5(b"picture").digest())
    signed_part = thumbnails.sign(file=file, drawing=drawing, caller=as_owner, now=now)
    assert put(signed_part.url, b"pictura", dict(signed_part.headers)) == 400
    assert put(signed_part.url, b"picture", dict(signed_part.headers)) == 200
    thumbnails.complete(file=file, caller=as_owner, now=now)


@pytest.mark.parametrize("kind", ["b2"], indirect=True)
def test_settings_that_do_not_fit_end_an_upload_at_once(
    proxy: Lookalike, as_owner: Caller, now: datetime, settings: Settings
) -> None:
    changed = deepcopy(settings.STORAGES)
    changed["shares"]["OPTIONS"].update(checksums="sha256", conditional_writes=True)
    settings.STORAGES = changed
    [file] = draft(as_owner, 1000, now=now)
    with pytest.raises(StorageUnsupported):
        multipart.sign_parts(file=file, requests=[announce(1, BODY)], caller=as_owner, now=now)
    changed["shares"]["OPTIONS"].update(checksums="md5", conditional_writes=True)
    settings.STORAGES = deepcopy(changed)
    with pytest.raises(StorageUnsupported):
        send(file, BODY, as_owner, now)
