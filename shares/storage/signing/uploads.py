"""Signed URLs that store bytes: one part of a multipart upload, or a whole object by one PUT."""

from collections.abc import Mapping

from shares.storage.integrity import Checksums, checksum_header
from shares.storage.signing.signer import Signer
from shares.storage.types import Part, SignedPart

ENCRYPTION_HEADERS = {
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
}


def sign_part(
    signer: Signer,
    key: str,
    upload_id: str,
    part: Part,
    seconds: int,
    checksums: Checksums = "sha256",
    logged: Mapping[str, str] | None = None,
) -> SignedPart:
    """The signed headers include length and checksum: storage rejects other bytes from anyone with the URL.

    ``logged`` are parameters of the query for the access log.
    """
    if not 1 <= part.number <= 10_000 or part.size < 1:
        raise ValueError("a part needs a number from 1 to 10,000 and a size")
    checksum = checksum_header(checksums, part.sha256, part.md5)
    url = signer.url(
        "PUT",
        key,
        query={"uploadId": upload_id, "partNumber": str(part.number), **(logged or {})},
        headers={"content-length": str(part.size), **checksum},
        seconds=seconds,
    )
    return SignedPart(part.number, url, checksum, seconds)


def sign_object(
    signer: Signer,
    key: str,
    size: int,
    headers: dict[str, str],
    seconds: int,
    logged: Mapping[str, str] | None = None,
) -> SignedPart:
    """One PUT of the object itself, as strict as that of a part; ``headers`` include the checksum."""
    if size < 1:
        raise ValueError("an object needs a size")
    url = signer.url("PUT", key, query=logged or {}, headers={**headers, "content-length": str(size)}, seconds=seconds)
    return SignedPart(1, url, headers, seconds)


def signed_header_names(checksums: Checksums, encryption: dict[str, str], *, conditional: bool) -> list[str]:
    """The names of the headers that URLs of ``sign_object`` sign, except those that browsers send by themselves."""
    names = ["content-type", "content-md5" if checksums == "md5" else "x-amz-checksum-sha256"]
    names += [ENCRYPTION_HEADERS[name] for name in encryption]
    return [*names, "if-none-match"] if conditional else names
