"""Stores without some features of AWS: setup succeeds, the doctor names the setting, and files work as before."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import StringIO

import pytest
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shares import errors
from shares.storage import Part, PartMismatch, ShareStorage, StoredPart, UploadGone
from shares.storage.doctor.checks import examine
from shares.storage.features import Features, Support
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.doctor.test_command import redirect
from tests.storage.http import send
from tests.storage.lookalikes import KINDS, Lookalike
from tests.storage.objects import HOST, MIB, OPAQUE, declare, link, new_key, put, start

Make = Callable[..., tuple[ShareStorage, Lookalike]]
SUPPORTED, UNSUPPORTED = Support.SUPPORTED, Support.REJECTED


@pytest.fixture
def make(storage_server: SeaweedFS) -> Iterator[Make]:
    """A storage of the product before a lookalike of this kind, with the settings for it or with ``options``."""
    proxies: list[Lookalike] = []

    def build(kind: str, **options: object) -> tuple[ShareStorage, Lookalike]:
        proxy = Lookalike(storage_server.url, kind)
        proxies.append(proxy)
        location = {"endpoint_url": proxy.url, "public_endpoint_url": proxy.url, "bucket_name": f"like-{kind}"}
        with suppress(ClientError):  # of a test before
            store_at(storage_server).client.create_bucket(Bucket=f"like-{kind}")
        return store_at(storage_server, **location, **(options or KINDS[kind].options)), proxy

    yield build
    for proxy in proxies:
        proxy.__exit__(None, None, None)


def upload_object(store: ShareStorage, *bodies: bytes) -> str:
    key = new_key()
    upload, signed_parts = start(store, key, bodies)
    for signed_part, body in zip(signed_parts, bodies, strict=True):
        assert put(signed_part, body).status == 200
    checksums = {part.number: part.sha256 if store.checksums == "sha256" else None for part in declare(bodies)}
    stored_parts = [replace(part, sha256=checksums[part.number]) for part in store.uploads.list_parts(key, upload)]
    store.uploads.complete(key, upload, stored_parts)
    return key


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("minio", ["CORS rules: not known to this store (501 NotImplemented)", "lifecycle rules: not known"]),
        ("b2", ["lifecycle rules: not known to this store (501 NotImplemented)"]),
        ("access-point", ["CORS rules: not known to this store (405 MethodNotAllowed)", "lifecycle rules: not known"]),
    ],
)
def test_setup_succeeds_and_reports_what_the_storage_does_not_support(make: Make, kind: str, lines: list[str]) -> None:
    store, _ = make(kind)
    output_lines = store.setup([ORIGIN])
    output_lines = [line for line in output_lines if not line.startswith("CORS: ")]
    assert len(output_lines) == len(lines)
    for line, start_of_line in zip(output_lines, lines, strict=True):
        assert line.startswith(start_of_line)
    if kind == "minio":
        assert f"MINIO_API_CORS_ALLOW_ORIGIN={ORIGIN}" in output_lines[0]


@pytest.mark.parametrize(
    ("kind", "features"),
    [
        ("minio", Features(SUPPORTED, SUPPORTED)),
        ("b2", Features(UNSUPPORTED, UNSUPPORTED)),
        ("no-checksums", Features(UNSUPPORTED, SUPPORTED)),
        ("no-conditional-writes", Features(SUPPORTED, UNSUPPORTED)),
    ],
)
def test_what_a_store_can_do_is_found_out(make: Make, kind: str, features: Features) -> None:
    store, _ = make(kind)
    assert store.find_features() == features
    assert list(store.objects.walk("doctor/")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_doctor_reports_no_problem_of_a_storage_with_its_settings(
    make: Make, storage_server: SeaweedFS, kind: str
) -> None:
    store, _ = make(kind)
    store.setup([ORIGIN])
    findings = [*examine(store, site_url=ORIGIN, origins=[ORIGIN])]
    assert [finding for finding in findings if finding.level == "fail"] == []
    warnings = [finding.message for finding in findings if finding.level == "warn"]
    # Lookalikes that let every page in do so as MinIO does.
    expected = ["CORS lets every page on the web in"] if KINDS[kind].open_cors else []
    assert warnings == (["no lifecycle rule drops uploads that were left open"] if kind == "minio" else []) + expected
    assert list(store.objects.walk("doctor/")) == []
    plain = store_at(storage_server, bucket_name=store.bucket_name)
    assert [upload for upload in plain.uploads.walk() if upload.key.startswith("doctor/")] == []


def test_the_doctor_names_the_setting(make: Make) -> None:
    store, _ = make("b2", checksums="sha256")
    remedies = {
        finding.message: finding.remedy
        for finding in examine(store, site_url=ORIGIN, origins=[ORIGIN])
        if finding.level == "fail"
    }
    assert {"set S3_CHECKSUMS=md5", "set S3_CONDITIONAL_WRITES=false"} <= set(remedies.values())
    assert not any("proxy" in remedy or "the site's log" in remedy for remedy in remedies.values())


def test_the_doctor_reports_features_that_are_not_configured(make: Make) -> None:
    store, _ = make("minio", checksums="md5", conditional_writes=False)
    remedies = {
        finding.remedy for finding in examine(store, site_url=ORIGIN, origins=[ORIGIN]) if finding.level == "warn"
    }
    assert {"empty S3_CHECKSUMS", "empty S3_CONDITIONAL_WRITES"} <= remedies


@pytest.mark.parametrize("kind", ["b2", "no-checksums", "no-conditional-writes"])
def test_files_come_and_go_without_checksums_and_conditions(make: Make, kind: str) -> None:
    store, proxy = make(kind)
    bodies = [secrets.token_bytes(5 * MIB), b"the end"]
    key = upload_object(store, *bodies)
    stored_object = store.objects.head(key)
    assert stored_object is not None
    assert (stored_object.size, stored_object.parts) == (5 * MIB + 7, 2)
    assert send("GET", link(store, key)).body == b"".join(bodies)
    empty = new_key()
    for _ in range(2):
        store.objects.put_empty(empty, content_type=OPAQUE)
    assert store.objects.delete([key, empty]).failed == {}
    assert store.objects.head(key) is None
    assert proxy.rejected_codes == []


def test_a_part_is_bound_by_its_length_and_md5(make: Make) -> None:
    store, _ = make("b2")
    body, key = b"thirty-two bytes of a small file", new_key()
    upload, [signed_part] = start(store, key, [body])
    assert "x-amz-checksum" not in signed_part.url
    assert set(signed_part.headers) == {"content-md5"}
    flipped = bytes([body[0] ^ 1]) + body[1:]
    other_headers = {"content-md5": "A" * 22 + "=="}
    for wrong, headers in (
        (flipped, signed_part.headers),
        (body + b"!", signed_part.headers),
        (body, {}),
        (body, other_headers),
    ):
        assert 400 <= send("PUT", signed_part.url, wrong, headers).status < 500
    assert store.uploads.list_parts(key, upload) == []
    assert put(signed_part, body).status == 200
    [stored_part] = store.uploads.list_parts(key, upload)
    assert stored_part.md5 == hashlib.md5(body).digest()
    with pytest.raises(PartMismatch):
        store.uploads.complete(key, upload, [StoredPart(1, stored_part.size, '"' + "0" * 32 + '"')])
    store.uploads.abort(key, upload)
    with pytest.raises(UploadGone):
        store.uploads.list_parts(key, upload)


def test_an_object_of_one_put_is_bound_the_same_way(make: Make) -> None:
    store, _ = make("b2")
    [part] = declare([b"whole"])
    signed_part = store.sign_whole(new_key(), part, content_type=OPAQUE, seconds=60, host=HOST)
    assert set(signed_part.headers) == {"content-type", "content-md5"}
    assert send("PUT", signed_part.url, b"whale", signed_part.headers).status == 400
    assert put(signed_part, b"whole").status == 200
    with pytest.raises(ValueError, match="16 of that"):
        store.sign_whole(new_key(), Part(1, 5, part.sha256), content_type=OPAQUE, seconds=60, host=HOST)


@pytest.mark.parametrize(
    ("options", "operation"),
    [
        ({"checksums": "sha256"}, lambda store: store.uploads.start(new_key(), content_type=OPAQUE)),
        ({"checksums": "sha256"}, lambda store: store.objects.put_empty(new_key(), content_type=OPAQUE)),
        ({"checksums": "md5"}, lambda store: store.objects.put_empty(new_key(), content_type=OPAQUE)),
        ({"checksums": "md5"}, lambda store: upload_object(store, b"x")),
    ],
    ids=["checksum of an upload", "checksum of an object", "condition of an object", "condition of a completion"],
)
def test_an_unsupported_operation_is_not_called_an_outage(
    make: Make, options: dict[str, object], operation: Callable[[ShareStorage], object]
) -> None:
    store, _ = make("b2", **options)
    with pytest.raises(errors.StorageUnsupported) as refusal:
        operation(store)
    assert (refusal.value.status, refusal.value.retry_after) == (501, None)
    assert "try again" not in refusal.value.message


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["minio", "b2", "access-point"])
def test_prepare_makes_the_administrator_and_ends_well(
    make: Make, storage_server: SeaweedFS, settings: Settings, kind: str
) -> None:
    _, proxy = make(kind)
    redirect(settings, endpoint_url=proxy.url, public_endpoint_url=proxy.url, bucket_name=f"like-{kind}")
    output, error_output = StringIO(), StringIO()
    call_command("prepare", stdout=output, stderr=error_output, verbosity=0)
    lines = output.getvalue().splitlines()
    assert lines[0].startswith("sign in as ")
    assert any("not known to this store" in line for line in lines)
    assert ("set S3_CHECKSUMS=md5, or nobody can upload" in error_output.getvalue()) is (kind == "b2")


@pytest.mark.django_db
def test_prepare_creates_the_administrator_during_a_storage_outage(settings: Settings) -> None:
    redirect(settings, endpoint_url="http://127.0.0.1:9")
    output = StringIO()
    with pytest.raises(CommandError, match="not answering"):
        call_command("prepare", stdout=output, verbosity=0)
    assert output.getvalue().startswith("sign in as ")
