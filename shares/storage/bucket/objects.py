"""Objects of a bucket: read, listed, deleted. An object is "absent" only if storage itself reports that."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from django.utils.translation import gettext_lazy as _

from shares import errors
from shares.storage.backend import COMPLETING, StorageBackend
from shares.storage.errors import CompletionUnclear, ObjectExists, code_of, status_of, translate_errors
from shares.storage.integrity import content_md5, md5_of
from shares.storage.labels import NONE
from shares.storage.types import BatchDelete, StoredObject

KEYS_PER_CALL = 1_000
READ_BYTES = 256 * 1024
EMPTY_SHA256 = base64.b64encode(hashlib.sha256(b"").digest()).decode()
# What ``check_readable`` reads, and the key that ``check_writable`` writes; no file has such a key.
FILE_PREFIX, SAMPLE_OBJECTS, SAMPLE_KEY = "u/", 5, "ready"


class Objects:
    """The objects of the storage's bucket, or of another one that the same credentials may read.

    Every method raises ``errors.StorageUnavailable`` if storage does not respond, responds with 5xx or rejects the
    credentials; none takes an error for an absent object.
    """

    def __init__(self, storage: StorageBackend, bucket: str = "", config: Config | None = None) -> None:
        self._storage = storage
        self._bucket = bucket or storage.bucket_name
        self._config = config

    def head(self, key: str) -> StoredObject | None:
        """Return the object under ``key``; None only if storage itself reports that the bucket has no such key."""
        with self._storage.request_client() as client, translate_errors("looking at an object"):
            response = self._request_head(client, key)
            if response is None:
                if self._is_absent(client, key):
                    return None
                # It was stored between the two requests.
                response = self._request_head(client, key)
                if response is None:
                    raise errors.StorageUnavailable
        digest, parts = parse_checksum(response.get("ChecksumSHA256", ""))
        etag = response["ETag"]
        size, modified = response["ContentLength"], response["LastModified"]
        return StoredObject(key, size, digest, parts or part_count_of(etag), modified, md5_of(etag))

    def read(self, key: str, size: int, *, start: int = 0) -> Iterator[bytes]:
        """Yield ``size`` bytes (at least one) from position ``start``, in chunks; raises rather than end early.

        The first request is sent when the first chunk is read.
        """
        with self._storage.bulkhead.stream():
            read_bytes = 0
            for chunk in self._read_range(key, f"bytes={start}-{start + size - 1}"):
                read_bytes += len(chunk)
                yield chunk
            if read_bytes != size:
                raise errors.StorageUnavailable(_("A stored file has changed its length. The download was stopped."))

    def read_head(self, key: str, count: int) -> bytes:
        """The first ``count`` bytes of an object that is not empty, or all of a shorter one; for calls of a request."""
        with self._storage.request_client() as client, translate_errors("reading the beginning of an object"):
            response = client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{count - 1}")
            head: bytes = response["Body"].read()
        return head

    def read_to_end(self, key: str, *, start: int) -> Iterator[bytes]:
        """Yield the bytes from position ``start`` to the end of a growing object, in chunks."""
        return self._read_range(key, f"bytes={start}-" if start else "")

    def delete(self, keys: Sequence[str]) -> BatchDelete:
        """Delete any number of objects, 1,000 in a call. A missing key counts as deleted."""
        deleted: set[str] = set()
        failed: dict[str, str] = {}
        unique_keys = list(dict.fromkeys(keys))
        with self._storage.request_client() as client:
            for start in range(0, len(unique_keys), KEYS_PER_CALL):
                batch = unique_keys[start : start + KEYS_PER_CALL]
                batch_deleted, batch_failed = self._delete_batch(client, batch)
                deleted |= batch_deleted
                failed |= batch_failed
        return BatchDelete(frozenset(deleted), failed)

    def walk(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield every object whose key starts with ``prefix`` and follows ``after``, by key.

        An error raises; it never ends the listing early.
        """
        with translate_errors("listing objects"):
            start_after = {"StartAfter": after} if after else {}
            pages = self._storage.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, **start_after):
                if page.get("IsTruncated") and not page.get("NextContinuationToken"):
                    raise errors.StorageUnavailable  # botocore would take this for the end.
                for entry in page.get("Contents", ()):
                    parts = part_count_of(entry["ETag"])
                    yield StoredObject(entry["Key"], entry["Size"], None, parts, entry["LastModified"])

    def put_empty(self, key: str, *, content_type: str, labels: Mapping[str, str] = NONE) -> None:
        """Store an object of no bytes. Storing it again is no error; over another object it raises ``ObjectExists``."""
        has_sha256 = self._storage.checksums == "sha256"
        checksum = {"ChecksumSHA256": EMPTY_SHA256} if has_sha256 else {"ContentMD5": content_md5(b"")}
        options = checksum | self._storage.write_condition() | self._storage.encryption() | self._storage.labels(labels)
        try:
            with self._storage.request_client() as client, translate_errors("storing an empty file"):
                client.put_object(Bucket=self._bucket, Key=key, Body=b"", ContentType=content_type, **options)
        except ObjectExists:
            # It may be from an earlier try whose response was lost.
            existing = self.head(key)
            if existing is None or existing.size:
                raise

    def copy(self, source: str, target: str, *, content_type: str, labels: Mapping[str, str] = NONE) -> None:
        """Copy an object, within storage, to a key that has none. The copy has nothing of the first but its bytes.

        Raises ``ObjectExists`` or ``CompletionUnclear`` if an earlier try may have succeeded; compare with ``head``.
        """
        options = self._storage.write_condition() | self._storage.encryption() | self._storage.labels(labels)
        if "Tagging" in options:
            options["TaggingDirective"] = "REPLACE"
        unclear = translate_errors("copying an object", unclear=CompletionUnclear)
        with self._storage.request_client(COMPLETING) as client, unclear:
            client.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": f"{self._storage.key_prefix or ''}{source}"},
                MetadataDirective="REPLACE",
                ContentType=content_type,
                **options,
            )

    def check_readable(self) -> None:
        """Read the first byte of the first few files; raises ``errors.StorageUnavailable`` if one cannot be read.

        Right after its start a storage server may list objects that it does not serve yet.
        """
        nonempty_objects = (item for item in self.walk(FILE_PREFIX) if item.size)
        for item in islice(nonempty_objects, SAMPLE_OBJECTS):
            if len(b"".join(self._read_range(item.key, "bytes=0-0"))) != 1:
                raise errors.StorageUnavailable

    def check_writable(self) -> None:
        """Store, read and delete an object; raises ``errors.StorageUnavailable`` if any of it fails."""
        body, client = b"ready", self._storage.client
        with translate_errors("storing a first object"):
            client.put_object(Bucket=self._bucket, Key=SAMPLE_KEY, Body=body)
        if b"".join(self._read_range(SAMPLE_KEY, "")) != body:
            raise errors.StorageUnavailable
        with translate_errors("deleting a first object"):
            client.delete_object(Bucket=self._bucket, Key=SAMPLE_KEY)

    def _read_range(self, key: str, byte_range: str) -> Iterator[bytes]:
        """``byte_range`` is a Range header; empty for the whole object. Memory holds one chunk."""
        options = {"Range": byte_range} if byte_range else {}
        with translate_errors("reading an object"):
            body = self._storage.client_for(self._config).get_object(Bucket=self._bucket, Key=key, **options)["Body"]
            with closing(body):
                yield from body.iter_chunks(READ_BYTES)

    def _request_head(self, client: Any, key: str) -> dict[str, Any] | None:
        options = {"ChecksumMode": "ENABLED"} if self._storage.checksums == "sha256" else {}
        try:
            response: dict[str, Any] = client.head_object(Bucket=self._bucket, Key=key, **options)
        except ClientError as error:
            if status_of(error) != 404:
                raise
            return None
        return response

    def _is_absent(self, client: Any, key: str) -> bool:
        """A 404 to HEAD has no body: the bucket may be missing, or a proxy may have sent it. GET returns a code.

        Raises anything but the storage's own "no such key".
        """
        try:
            client.get_object(Bucket=self._bucket, Key=key, Range="bytes=0-0")["Body"].close()
        except ClientError as error:
            if code_of(error) == "NoSuchKey" and status_of(error) == 404:
                return True
            raise
        return False

    def _delete_batch(self, client: Any, batch: Sequence[str]) -> tuple[set[str], dict[str, str]]:
        with translate_errors("deleting objects"):
            response = client.delete_objects(Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in batch]})
        deleted = {entry["Key"] for entry in response.get("Deleted", ())}
        failed = {
            entry["Key"]: f"{entry.get('Code', '')} {entry.get('Message', '')}".strip()
            for entry in response.get("Errors", ())
        }
        unmentioned = [key for key in batch if key not in deleted and key not in failed]
        return deleted - failed.keys(), failed | dict.fromkeys(unmentioned, "the store did not mention it")


def parse_checksum(text: str) -> tuple[bytes | None, int | None]:
    """Digest and part count of an S3 checksum: ``<base64>`` for one piece, ``<base64>-<parts>`` for a composite."""
    value, dash, count = text.partition("-")
    if not value:
        return None, None
    return base64.b64decode(value), int(count) if dash else None


def part_count_of(etag: str) -> int | None:
    """The part count at the end of multipart ETags (``"…-3"``)."""
    _, dash, count = etag.strip('"').partition("-")
    return int(count) if dash and count.isdigit() else None
