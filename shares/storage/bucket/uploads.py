"""Multipart uploads of a bucket: started and completed here, filled by browsers through URLs of one part each."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shares import errors
from shares.storage.backend import COMPLETING, StorageBackend
from shares.storage.errors import CompletionUnclear, UploadGone, translate_errors
from shares.storage.labels import NONE
from shares.storage.types import OpenUpload, StoredPart


class Uploads:
    """Every method raises ``errors.StorageUnavailable`` if storage does not respond, responds with 5xx or rejects the
    credentials.
    """

    def __init__(self, storage: StorageBackend) -> None:
        self._storage = storage

    def start(self, key: str, *, content_type: str, labels: Mapping[str, str] = NONE) -> str:
        """Start an upload whose parts have checksums. Returns its id."""
        algorithm = {"ChecksumAlgorithm": "SHA256"} if self._storage.checksums == "sha256" else {}
        with self._storage.request_client() as client, translate_errors("starting an upload"):
            response = client.create_multipart_upload(
                Bucket=self._storage.bucket_name,
                Key=key,
                ContentType=content_type,
                **algorithm,
                **self._storage.encryption(),
                **self._storage.labels(labels),
            )
        return str(response["UploadId"])

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """Return all stored parts, by number. Raises ``UploadGone``."""
        stored_parts: list[StoredPart] = []
        with self._storage.request_client() as client, translate_errors("listing parts"):
            pages = client.get_paginator("list_parts")
            for page in pages.paginate(Bucket=self._storage.bucket_name, Key=key, UploadId=upload_id):
                stored_parts += [parse_part(entry) for entry in page.get("Parts", ())]
        return sorted(stored_parts, key=lambda part: part.number)

    def complete(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Make one object of the parts, never over another one if storage supports conditional writes.

        Raises ``ObjectExists``, ``UploadGone`` or ``CompletionUnclear`` if an earlier try may have succeeded (compare
        with ``Objects.head``), ``PartMismatch`` if the parts are not the stored ones.
        """
        requested_parts = []
        for part in sorted(parts, key=lambda part: part.number):
            entry = {"PartNumber": part.number, "ETag": part.etag}
            if part.sha256 is not None:
                entry["ChecksumSHA256"] = base64.b64encode(part.sha256).decode()
            requested_parts.append(entry)
        unclear = translate_errors("completing an upload", unclear=CompletionUnclear)
        with self._storage.request_client(COMPLETING) as client, unclear:
            client.complete_multipart_upload(
                Bucket=self._storage.bucket_name,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": requested_parts},
                **self._storage.write_condition(),
            )

    def abort(self, key: str, upload_id: str) -> None:
        """Discard the parts. An upload that no longer exists is no error."""
        try:
            with self._storage.request_client() as client, translate_errors("aborting an upload"):
                client.abort_multipart_upload(Bucket=self._storage.bucket_name, Key=key, UploadId=upload_id)
        except UploadGone:
            return

    def walk(self) -> Iterator[OpenUpload]:
        """Yield every upload that is neither completed nor aborted."""
        with translate_errors("listing uploads"):
            pages = self._storage.client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._storage.bucket_name):
                if page.get("IsTruncated") and not page.get("NextKeyMarker"):
                    raise errors.StorageUnavailable
                for entry in page.get("Uploads", ()):
                    yield OpenUpload(entry["Key"], entry["UploadId"], entry["Initiated"])


def parse_part(entry: dict[str, Any]) -> StoredPart:
    checksum = entry.get("ChecksumSHA256")
    return StoredPart(
        number=entry["PartNumber"],
        size=entry["Size"],
        etag=entry["ETag"],
        sha256=base64.b64decode(checksum) if checksum else None,
    )
