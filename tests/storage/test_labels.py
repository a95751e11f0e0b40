"""Tags, metadata, storage class and encryption of new objects, on every way to create one; read back from storage."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shares.models.ids import new_key
from shares.storage import Part, ShareStorage, StoredPart
from shares.storage.policies import identity
from sharesite.dev_stack.ports import choose
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.fixtures import put
from tests.services.uploads.test_form_uploads import post
from tests.storage.conftest import HOST, store_at

LABELS = {"share": "5e" * 16, "owner": "0a" * 16}
BODY = b"a labeled object"
TYPE = "text/plain"
SETTINGS = {
    "object_tags": ("share", "owner"),
    "object_metadata": ("share",),
    "storage_class": "STANDARD_IA",
    "sse": "AES256",
}


def part(number: int = 1) -> Part:
    return Part(number, len(BODY), hashlib.sha256(BODY).digest(), hashlib.md5(BODY).digest())


def put_whole(store: ShareStorage, key: str) -> None:
    signed_part = store.sign_whole(key, part(), content_type=TYPE, seconds=60, host=HOST, labels=LABELS)
    assert put(signed_part.url, BODY, signed_part.headers) == 200


def put_in_parts(store: ShareStorage, key: str) -> None:
    upload_id = store.uploads.start(key, content_type=TYPE, labels=LABELS)
    [signed_part] = store.sign_parts(key, upload_id, [part()], seconds=60, host=HOST)
    assert put(signed_part.url, BODY, signed_part.headers) == 200
    [stored_part] = store.uploads.list_parts(key, upload_id)
    store.uploads.complete(key, upload_id, [replace(stored_part, sha256=part().sha256)])


def put_parts_by_server(store: ShareStorage, key: str) -> None:
    """Without a URL for a part, which moto does not accept."""
    upload_id = store.uploads.start(key, content_type=TYPE, labels=LABELS)
    target = {"Bucket": "shares", "Key": key, "UploadId": upload_id, "PartNumber": 1}
    etag = store.client.upload_part(**target, Body=BODY)["ETag"]
    store.uploads.complete(key, upload_id, [StoredPart(1, len(BODY), etag)])


def put_empty(store: ShareStorage, key: str) -> None:
    store.objects.put_empty(key, content_type=TYPE, labels=LABELS)


def post_form(store: ShareStorage, key: str) -> None:
    """The object that the form stores is encrypted; its copy has the rest."""
    source = new_key()
    form = store.sign_form(
        source, max_bytes=99, content_type=TYPE, return_url="http://127.0.0.1/", seconds=60, host=HOST
    )
    assert post(form, BODY)[0] == 303
    assert store.client.head_object(Bucket="shares", Key=source)["ServerSideEncryption"] == store.sse
    store.objects.copy(source, key, content_type=TYPE, labels=LABELS)


WAYS = [put_whole, put_in_parts, put_empty, post_form]


def read_back(store: ShareStorage, key: str) -> dict[str, Any]:
    head = store.client.head_object(Bucket="shares", Key=key)
    tags = store.client.get_object_tagging(Bucket="shares", Key=key)["TagSet"]
    return {
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "metadata": head["Metadata"],
        "class": head.get("StorageClass"),
        "encryption": head.get("ServerSideEncryption"),
        "kms_key": head.get("SSEKMSKeyId"),
        "type": head["ContentType"],
    }


@pytest.mark.parametrize("store_object", WAYS)
def test_every_way_to_store_gives_an_object_its_labels(
    store: ShareStorage, storage_server: SeaweedFS, store_object: Callable[[ShareStorage, str], None]
) -> None:
    labeled, key = store_at(storage_server, **SETTINGS), new_key()
    store_object(labeled, key)
    assert read_back(labeled, key) == {
        "tags": LABELS,
        "metadata": {"share": LABELS["share"]},
        "class": "STANDARD_IA",
        "encryption": "AES256",
        "kms_key": None,
        "type": TYPE,
    }


@pytest.mark.parametrize("store_object", [put_whole, put_in_parts, put_empty])
def test_without_settings_an_object_has_none(
    store: ShareStorage, store_object: Callable[[ShareStorage, str], None]
) -> None:
    key = new_key()
    store_object(store, key)
    values = read_back(store, key)
    assert (values["tags"], values["metadata"], values["class"]) == ({}, {}, None)


def test_a_url_for_labels_does_not_work_without_them(store: ShareStorage, storage_server: SeaweedFS) -> None:
    labeled = store_at(storage_server, object_tags=("share",))
    signed_part = labeled.sign_whole(new_key(), part(), content_type=TYPE, seconds=60, host=HOST, labels=LABELS)
    assert signed_part.headers["x-amz-tagging"] == f"share={LABELS['share']}"
    assert put(signed_part.url, BODY, signed_part.headers | {"x-amz-tagging": "share=other"}) == 403
    assert "x-amz-tagging" in labeled.upload_headers()


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShareStorage]:
    """What only AWS has, by moto's server in a process of its own."""
    port = choose(["aws"])["aws"]
    program = str(Path(sys.executable).with_name("moto_server"))
    log = tmp_path_factory.mktemp("moto") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, "-p", str(port)], stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_listening(port)
        url = f"http://127.0.0.1:{port}"
        store = ShareStorage(
            bucket_name="shares", region_name="us-east-1", endpoint_url=url, access_key="x", secret_key="y"
        )
        keys = store.session.client("kms", endpoint_url=url, region_name="us-east-1")
        key_id = keys.create_key()["KeyMetadata"]["Arn"]
        store.client.create_bucket(Bucket="shares")
        yield ShareStorage(
            bucket_name="shares",
            region_name="us-east-1",
            endpoint_url=url,
            access_key="x",
            secret_key="y",
            **SETTINGS | {"sse": "aws:kms", "kms_key_id": key_id},
        )
    finally:
        process.terminate()
        process.wait(20)


def wait_until_listening(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        with closing(socket.socket()) as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("store_object", [put_whole, put_parts_by_server, put_empty])
def test_objects_are_encrypted_with_the_key_of_the_settings(
    aws: ShareStorage, store_object: Callable[[ShareStorage, str], None]
) -> None:
    key = new_key()
    store_object(aws, key)
    values = read_back(aws, key)
    assert (values["encryption"], values["kms_key"]) == ("aws:kms", aws.kms_key_id)
    assert (values["tags"], values["class"]) == (LABELS, "STANDARD_IA")


def test_the_right_to_tag_is_printed_only_where_it_is_needed() -> None:
    for has_tags in (False, True):
        policy = identity.signer("shares", "eu-central-1", None, has_tags=has_tags)
        actions = {action for statement in policy["Statement"] for action in statement["Action"]}
        assert ("s3:PutObjectTagging" in actions) is has_tags
