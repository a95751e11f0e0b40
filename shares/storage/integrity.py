"""Checksums that URLs sign: SHA-256 if storage supports it, otherwise MD5."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Literal

Checksums = Literal["sha256", "md5"]
MD5_BYTES = 16
_PLAIN_ETAG = re.compile(r'"?([0-9a-f]{32})"?')


def checksum_header(checksums: Checksums, sha256: bytes, md5: bytes) -> dict[str, str]:
    """The header that a URL signs, so that storage accepts exactly these bytes. Raises ValueError."""
    if len(sha256) != 32 or (checksums == "md5" and len(md5) != MD5_BYTES):
        raise ValueError("a part needs 32 bytes of SHA-256, and where the store checks by MD5, 16 of that")
    if checksums == "md5":
        return {"content-md5": base64.b64encode(md5).decode()}
    return {"x-amz-checksum-sha256": base64.b64encode(sha256).decode()}


def md5_of(etag: str) -> bytes | None:
    """The MD5 in an ETag; None if the object has several parts, or the ETag another form."""
    match = _PLAIN_ETAG.fullmatch(etag)
    return bytes.fromhex(match[1]) if match else None


def content_md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def send_md5(params: dict[str, Any], **_: object) -> None:
    """For ``before-call``: send the MD5 with requests that need a checksum, which every storage supports, instead of
    botocore's CRC32, which many reject or ignore.
    """
    algorithm: Mapping[str, Any] = params["context"].get("checksum", {}).get("request_algorithm") or {}
    if algorithm.get("algorithm") == "crc32" and isinstance(params["body"], bytes):
        del params["context"]["checksum"]
        params["headers"]["Content-MD5"] = content_md5(params["body"])
