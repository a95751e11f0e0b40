"""Finished objects: looked at, listed, deleted. "Absent" is said only where the store itself said so."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError
from django.utils.translation import gettext as _

from shares import errors
from shares.storage.faults import ObjectExists, code_of, status_of, translated
from shares.storage.integrity import Checksums, content_md5, md5_of
from shares.storage.parts import BatchDelete, StoredObject

KEYS_PER_CALL = 1_000
READ_BYTES = 256 * 1024
EMPTY_SHA256 = base64.b64encode(hashlib.sha256(b"").digest()).decode()


def head(client: Any, bucket: str, key: str, checksums: Checksums) -> StoredObject | None:
    with translated("looking at an object"):
        reply = request_head(client, bucket, key, checksums)
        if reply is None:
            if is_absent(client, bucket, key):
                return None
            # It appeared in between.
            reply = request_head(client, bucket, key, checksums)
            if reply is None:
                raise errors.StorageUnavailable
    digest, parts = checksum(reply.get("ChecksumSHA256", ""))
    etag = reply["ETag"]
    size, modified = reply["ContentLength"], reply["LastModified"]
    return StoredObject(key, size, digest, parts or parts_of(etag), modified, md5_of(etag))


def request_head(client: Any, bucket: str, key: str, checksums: Checksums) -> dict[str, Any] | None:
    mode = {"ChecksumMode": "ENABLED"} if checksums == "sha256" else {}
    try:
        reply: dict[str, Any] = client.head_object(Bucket=bucket, Key=key, **mode)
    except ClientError as error:
        if status_of(error) != 404:
            raise
        return None
    return reply


def is_absent(client: Any, bucket: str, key: str) -> bool:
    """A 404 to HEAD has no body: it may be a missing bucket, or a proxy's. Ask again in a way that gets words.

    Raises whatever is not the store's own "no such key".
    """
    try:
        client.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].close()
    except ClientError as error:
        if code_of(error) == "NoSuchKey" and status_of(error) == 404:
            return True
        raise
    return False


def checksum(text: str) -> tuple[bytes | None, int | None]:
    """Digest and part count of an S3 checksum: ``<base64>`` for one piece, ``<base64>-<parts>`` for a composite."""
    value, dash, count = text.partition("-")
    if not value:
        return None, None
    return base64.b64decode(value), int(count) if dash else None


def parts_of(etag: str) -> int | None:
    """The part count that multipart ETags end in (``"…-3"``)."""
    _, dash, count = etag.strip('"').partition("-")
    return int(count) if dash and count.isdigit() else None


def put_empty(
    client: Any, bucket: str, key: str, content_type: str, checksums: Checksums, options: dict[str, str]
) -> None:
    checksum = {"ChecksumSHA256": EMPTY_SHA256} if checksums == "sha256" else {"ContentMD5": content_md5(b"")}
    try:
        with translated("storing an empty file"):
            client.put_object(Bucket=bucket, Key=key, Body=b"", ContentType=content_type, **checksum, **options)
    except ObjectExists:
        # Perhaps our own earlier try, whose answer was lost.
        existing = head(client, bucket, key, checksums)
        if existing is None or existing.size:
            raise


def read(client: Any, bucket: str, key: str, size: int, start: int) -> Iterator[bytes]:
    """Nothing is asked of the store before the first piece is; memory holds one piece at a time."""
    with translated("reading an object"):
        body = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + size - 1}")["Body"]
        with closing(body):
            read_bytes = 0
            for piece in body.iter_chunks(READ_BYTES):
                read_bytes += len(piece)
                yield piece
    if read_bytes != size:
        raise errors.StorageUnavailable(_("A stored file has changed its length. The download was stopped."))


def round_trip(client: Any, bucket: str, key: str) -> None:
    """Store, read and delete an object; raises where any of it fails."""
    body = b"ready"
    with translated("storing a first object"):
        client.put_object(Bucket=bucket, Key=key, Body=body)
    if b"".join(read(client, bucket, key, len(body), 0)) != body:
        raise errors.StorageUnavailable
    with translated("deleting a first object"):
        client.delete_object(Bucket=bucket, Key=key)


def read_some(client: Any, bucket: str, prefix: str, number: int) -> None:
    """Read the first byte of the first few objects; raises where any of them cannot be read."""
    nonempty = (item for item in walk(client, bucket, prefix) if item.size)
    for item in islice(nonempty, number):
        b"".join(read(client, bucket, item.key, 1, 0))


def delete(client: Any, bucket: str, keys: Sequence[str]) -> BatchDelete:
    deleted: set[str] = set()
    failed: dict[str, str] = {}
    unique = list(dict.fromkeys(keys))
    for start in range(0, len(unique), KEYS_PER_CALL):
        batch = unique[start : start + KEYS_PER_CALL]
        with translated("deleting objects"):
            reply = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch]})
        deleted_keys = {entry["Key"] for entry in reply.get("Deleted", ())}
        refusals = {
            entry["Key"]: f"{entry.get('Code', '')} {entry.get('Message', '')}".strip()
            for entry in reply.get("Errors", ())
        }
        deleted |= deleted_keys - refusals.keys()
        failed |= refusals
        failed |= {
            key: "the store did not mention it" for key in batch if key not in deleted_keys and key not in refusals
        }
    return BatchDelete(frozenset(deleted), failed)


def read_on(client: Any, bucket: str, key: str, start: int) -> Iterator[bytes]:
    """From the byte ``start`` to the end, wherever that is by now."""
    span = {"Range": f"bytes={start}-"} if start else {}
    with translated("reading an object"):
        body = client.get_object(Bucket=bucket, Key=key, **span)["Body"]
        with closing(body):
            yield from body.iter_chunks(READ_BYTES)


def walk(client: Any, bucket: str, prefix: str, after: str = "") -> Iterator[StoredObject]:
    with translated("listing objects"):
        behind = {"StartAfter": after} if after else {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **behind):
            if page.get("IsTruncated") and not page.get("NextContinuationToken"):
                raise errors.StorageUnavailable  # botocore would take this for the end
            for entry in page.get("Contents", ()):
                yield StoredObject(entry["Key"], entry["Size"], None, parts_of(entry["ETag"]), entry["LastModified"])
