"""Optional features of storage, SHA-256 checksums and conditional writes, detected with one small object."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Any

from shares import errors
from shares.storage.errors import ObjectExists, PartMismatch, translate_errors
from shares.storage.integrity import Checksums

PREFIX = "doctor/"
BODY = b"Sharesite asks its storage what it can do."
OTHER_SHA256 = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()


class Support(Enum):
    """``REJECTED``: storage rejects requests that use the feature. ``IGNORED``: it accepts them without effect."""

    SUPPORTED = "supported"
    REJECTED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Features:
    sha256: Support
    conditional_writes: Support


def find(client: Any, bucket: str, encryption: dict[str, str]) -> Features:
    """Raises ``errors.StorageUnavailable`` if nothing can be stored at all."""
    key = PREFIX + secrets.token_hex(16)
    put = {"Bucket": bucket, "Key": key, "Body": BODY, **encryption}
    try:
        with translate_errors("storing a probe"):
            client.put_object(**put)
        return Features(_checks(client, put), _conditions(client, put))
    finally:
        with translate_errors("deleting a probe"):
            client.delete_object(Bucket=bucket, Key=key)


def _checks(client: Any, put: dict[str, Any]) -> Support:
    try:
        with translate_errors("storing a probe with its SHA-256"):
            client.put_object(**put, ChecksumSHA256=SHA256)
    except errors.StorageUnsupported:
        return Support.REJECTED
    try:
        with translate_errors("storing a probe with a wrong SHA-256"):
            client.put_object(**put, ChecksumSHA256=OTHER_SHA256)
    except (PartMismatch, errors.StorageUnsupported):
        return Support.SUPPORTED
    return Support.IGNORED


def _conditions(client: Any, put: dict[str, Any]) -> Support:
    try:
        with translate_errors("storing a probe over another"):
            client.put_object(**put, IfNoneMatch="*")
    except ObjectExists:
        return Support.SUPPORTED
    except errors.StorageUnsupported:
        return Support.REJECTED
    return Support.IGNORED


def missing(features: Features, checksums: Checksums, *, conditional: bool) -> list[tuple[str, str]]:
    """Features that the settings require and storage lacks, each with the setting that does without."""
    lacks = []
    if checksums == "sha256" and features.sha256 is not Support.SUPPORTED:
        lacks.append((f"SHA-256 checksums are {features.sha256.value} by this store", "set S3_CHECKSUMS=md5"))
    if conditional and features.conditional_writes is not Support.SUPPORTED:
        problem = f"conditional writes (If-None-Match) are {features.conditional_writes.value} by this store"
        lacks.append((problem, "set S3_CONDITIONAL_WRITES=false"))
    return lacks
