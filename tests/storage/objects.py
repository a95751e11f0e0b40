"""Objects for tests, stored as the product stores them."""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from shares.storage import Part, ShareStorage, SignedPart, StoredPart
from tests.storage.http import Response, send

HOST = "127.0.0.1"
OPAQUE = "application/octet-stream"
MIB = 1024 * 1024


def new_key(prefix: str = "u/") -> str:
    return prefix + secrets.token_hex(16)


def part(number: int, body: bytes) -> Part:
    return Part(number, len(body), hashlib.sha256(body).digest(), hashlib.md5(body).digest())


def declare(bodies: Sequence[bytes]) -> list[Part]:
    return [part(number, body) for number, body in enumerate(bodies, 1)]


def start(store: ShareStorage, key: str, bodies: Sequence[bytes]) -> tuple[str, list[SignedPart]]:
    upload = store.uploads.start(key, content_type=OPAQUE)
    return upload, store.sign_parts(key, upload, declare(bodies), seconds=900, host=HOST)


def put(signed_part: SignedPart, body: bytes) -> Response:
    return send("PUT", signed_part.url, body, signed_part.headers)


def list_declared_parts(store: ShareStorage, key: str, upload: str, bodies: Sequence[bytes]) -> list[StoredPart]:
    """The stored parts with the digests that were declared, as the service completes them."""
    return [
        replace(stored_part, sha256=part(stored_part.number, bodies[stored_part.number - 1]).sha256)
        for stored_part in store.uploads.list_parts(key, upload)
    ]


def store_object(store: ShareStorage, *bodies: bytes, key: str | None = None) -> str:
    """Store an object of these parts; returns its key."""
    key = key or new_key()
    upload, signed_parts = start(store, key, bodies)
    for signed_part, body in zip(signed_parts, bodies, strict=True):
        assert put(signed_part, body).status == 200
    store.uploads.complete(key, upload, list_declared_parts(store, key, upload, bodies))
    return key


def link(store: ShareStorage, key: str, name: str = "a.bin", seconds: int = 60) -> str:
    return store.sign_get(key, name=name, content_type=OPAQUE, inline=False, seconds=seconds, host=HOST).url


def remove_bucket(client: Any, name: str) -> None:
    """Delete a bucket and all that is in it: each takes space of its own from the storage of the tests."""
    with suppress(ClientError):  # It may have none.
        client.delete_bucket_policy(Bucket=name)
    for upload in client.list_multipart_uploads(Bucket=name).get("Uploads", ()):
        client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    listing = client.list_object_versions(Bucket=name)
    for version in [*listing.get("Versions", ()), *listing.get("DeleteMarkers", ())]:
        client.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    client.delete_bucket(Bucket=name)
