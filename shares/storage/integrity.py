"""What binds bytes to their announcement: SHA-256 where the store knows it, MD5 where it does not."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

Checksums = Literal["sha256", "md5"]
MD5_BYTES = 16
_PLAIN_ETAG = re.compile(r'"?([0-9a-f]{32})"?')


def checksum_header(checksums: Checksums, sha256: bytes, md5: bytes) -> dict[str, str]:
    """The header that a URL has signed, so that the store takes these bytes and no others. Raises ValueError."""
    if len(sha256) != 32 or (checksums == "md5" and len(md5) != MD5_BYTES):
        raise ValueError("a part needs 32 bytes of SHA-256, and where the store checks by MD5, 16 of that")
    if checksums == "md5":
        return {"content-md5": base64.b64encode(md5).decode()}
    return {"x-amz-checksum-sha256": base64.b64encode(sha256).decode()}


def md5_of(etag: str) -> bytes | None:
    """An ETag that is the MD5 of what was sent; None for one of an object of parts, or of a form of the store's own."""
    match = _PLAIN_ETAG.fullmatch(etag)
    return bytes.fromhex(match[1]) if match else None


def content_md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def send_md5(params: dict[str, Any], **_: object) -> None:
    """For ``before-call``: the MD5 of a request that must carry a checksum, which every store knows, instead of the
    CRC32 that botocore chooses, which many refuse or do not count as one.
    """
    algorithm: Mapping[str, Any] = params["context"].get("checksum", {}).get("request_algorithm") or {}
    if algorithm.get("algorithm") == "crc32" and isinstance(params["body"], bytes):
        del params["context"]["checksum"]
        params["headers"]["Content-MD5"] = content_md5(params["body"])
