"""Multipart uploads: opened and completed here, filled by the browser through URLs that fit one part each."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from shares import errors
from shares.storage.faults import CompletionUnclear, UploadGone, translated
from shares.storage.parts import OpenUpload, Part, SignedPart, StoredPart
from shares.storage.signer import Signer


def start(client: Any, bucket: str, key: str, content_type: str, encryption: dict[str, str]) -> str:
    with translated("starting an upload"):
        reply = client.create_multipart_upload(
            Bucket=bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256", **encryption
        )
    return str(reply["UploadId"])


def sign(signer: Signer, key: str, upload_id: str, part: Part, seconds: int) -> SignedPart:
    """Length and checksum are among the signed headers: other bytes are refused, whoever holds the URL."""
    if not 1 <= part.number <= 10_000 or part.size < 1 or len(part.sha256) != 32:
        raise ValueError("a part needs a number from 1 to 10,000, a size and 32 bytes of SHA-256")
    checksum = base64.b64encode(part.sha256).decode()
    url = signer.url(
        "PUT",
        key,
        query={"uploadId": upload_id, "partNumber": str(part.number)},
        headers={"content-length": str(part.size), "x-amz-checksum-sha256": checksum},
        seconds=seconds,
    )
    return SignedPart(part.number, url, {"x-amz-checksum-sha256": checksum}, seconds)


def sign_whole(signer: Signer, key: str, size: int, sha256: bytes, headers: dict[str, str], seconds: int) -> SignedPart:
    """One PUT of the object itself, as strict as a part's, and never over another object."""
    if size < 1 or len(sha256) != 32:
        raise ValueError("an object needs a size and 32 bytes of SHA-256")
    sent = {**headers, "if-none-match": "*", "x-amz-checksum-sha256": base64.b64encode(sha256).decode()}
    url = signer.url("PUT", key, query={}, headers={**sent, "content-length": str(size)}, seconds=seconds)
    return SignedPart(1, url, sent, seconds)


def parts(client: Any, bucket: str, key: str, upload_id: str) -> list[StoredPart]:
    found: list[StoredPart] = []
    with translated("listing parts"):
        for page in client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id):
            found += [stored(entry) for entry in page.get("Parts", ())]
    return sorted(found, key=lambda part: part.number)


def stored(entry: dict[str, Any]) -> StoredPart:
    checksum = entry.get("ChecksumSHA256")
    return StoredPart(
        number=entry["PartNumber"],
        size=entry["Size"],
        etag=entry["ETag"],
        sha256=base64.b64decode(checksum) if checksum else None,
    )


def complete(client: Any, bucket: str, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
    wanted = []
    for part in sorted(parts, key=lambda part: part.number):
        entry = {"PartNumber": part.number, "ETag": part.etag}
        if part.sha256 is not None:
            entry["ChecksumSHA256"] = base64.b64encode(part.sha256).decode()
        wanted.append(entry)
    with translated("completing an upload", unclear=CompletionUnclear):
        client.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": wanted}, IfNoneMatch="*"
        )


def abort(client: Any, bucket: str, key: str, upload_id: str) -> None:
    try:
        with translated("aborting an upload"):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except UploadGone:
        return


def walk(client: Any, bucket: str) -> Iterator[OpenUpload]:
    with translated("listing uploads"):
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            if page.get("IsTruncated") and not page.get("NextKeyMarker"):
                raise errors.StorageUnavailable
            for entry in page.get("Uploads", ()):
                yield OpenUpload(entry["Key"], entry["UploadId"], entry["Initiated"])
