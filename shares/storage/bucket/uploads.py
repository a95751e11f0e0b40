"""Multipart uploads: opened and completed here, filled by the browser through URLs that fit one part each."""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from shares import errors
from shares.storage.errors import CompletionUnclear, UploadGone, translate_errors
from shares.storage.integrity import Checksums, checksum_header
from shares.storage.signing.signer import Signer
from shares.storage.types import OpenUpload, Part, SignedPart, StoredPart

ENCRYPTION = {
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}


def start(
    client: Any, bucket: str, key: str, content_type: str, encryption: dict[str, str], checksums: Checksums
) -> str:
    algorithm = {"ChecksumAlgorithm": "SHA256"} if checksums == "sha256" else {}
    with translate_errors("starting an upload"):
        reply = client.create_multipart_upload(
            Bucket=bucket, Key=key, ContentType=content_type, **algorithm, **encryption
        )
    return str(reply["UploadId"])


def sign(
    signer: Signer, key: str, upload_id: str, part: Part, seconds: int, checksums: Checksums = "sha256"
) -> SignedPart:
    """Length and checksum are among the signed headers: other bytes are refused, whoever holds the URL."""
    if not 1 <= part.number <= 10_000 or part.size < 1:
        raise ValueError("a part needs a number from 1 to 10,000 and a size")
    checksum = checksum_header(checksums, part.sha256, part.md5)
    url = signer.url(
        "PUT",
        key,
        query={"uploadId": upload_id, "partNumber": str(part.number)},
        headers={"content-length": str(part.size), **checksum},
        seconds=seconds,
    )
    return SignedPart(part.number, url, checksum, seconds)


def sign_whole(signer: Signer, key: str, size: int, headers: dict[str, str], seconds: int) -> SignedPart:
    """One PUT of the object itself, as strict as a part's; ``headers`` bind the bytes (see ``binding``)."""
    if size < 1:
        raise ValueError("an object needs a size")
    url = signer.url("PUT", key, query={}, headers={**headers, "content-length": str(size)}, seconds=seconds)
    return SignedPart(1, url, headers, seconds)


def headers(checksums: Checksums, encryption: dict[str, str], *, conditional: bool) -> list[str]:
    """The names of those that the URLs of ``sign_whole`` have signed, apart from what browsers send by themselves."""
    header_names = ["content-type", "content-md5" if checksums == "md5" else "x-amz-checksum-sha256"]
    header_names += [ENCRYPTION[name] for name in encryption]
    return [*header_names, "if-none-match"] if conditional else header_names


def parts(client: Any, bucket: str, key: str, upload_id: str) -> list[StoredPart]:
    stored_parts: list[StoredPart] = []
    with translate_errors("listing parts"):
        for page in client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id):
            stored_parts += [stored_part(entry) for entry in page.get("Parts", ())]
    return sorted(stored_parts, key=lambda part: part.number)


def stored_part(entry: dict[str, Any]) -> StoredPart:
    checksum = entry.get("ChecksumSHA256")
    return StoredPart(
        number=entry["PartNumber"],
        size=entry["Size"],
        etag=entry["ETag"],
        sha256=base64.b64decode(checksum) if checksum else None,
    )


def complete(
    client: Any, bucket: str, key: str, upload_id: str, parts: Sequence[StoredPart], condition: dict[str, str]
) -> None:
    requested_parts = []
    for part in sorted(parts, key=lambda part: part.number):
        entry = {"PartNumber": part.number, "ETag": part.etag}
        if part.sha256 is not None:
            entry["ChecksumSHA256"] = base64.b64encode(part.sha256).decode()
        requested_parts.append(entry)
    with translate_errors("completing an upload", unclear=CompletionUnclear):
        client.complete_multipart_upload(
            Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": requested_parts}, **condition
        )


def abort(client: Any, bucket: str, key: str, upload_id: str) -> None:
    try:
        with translate_errors("aborting an upload"):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except UploadGone:
        return


def walk(client: Any, bucket: str) -> Iterator[OpenUpload]:
    with translate_errors("listing uploads"):
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            if page.get("IsTruncated") and not page.get("NextKeyMarker"):
                raise errors.StorageUnavailable
            for entry in page.get("Uploads", ()):
                yield OpenUpload(entry["Key"], entry["UploadId"], entry["Initiated"])
