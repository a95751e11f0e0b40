"""What goes into the store and what comes out of it, as plain values. Sizes are bytes, times are aware UTC."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shares.storage.integrity import md5_of


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a client wants to send: ``number`` 1..10,000, its exact ``size``, the 32 raw bytes of its SHA-256,
    and the 16 of its MD5 where the store checks by that.
    """

    number: int
    size: int
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class SignedPart:
    """Where and how to send one part, within ``expires_in`` seconds. ``headers`` must go out exactly as they are; the
    browser adds Content-Length.

    The URL is a credential: it stays out of ``repr`` so that it cannot reach a log by accident.
    """

    number: int
    url: str = field(repr=False)
    headers: dict[str, str]
    expires_in: int


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as the store reports it. ``sha256`` is None where the store does not list checksums.

    ``etag`` keeps the quotes that the store put around it.
    """

    number: int
    size: int
    etag: str
    sha256: bytes | None = None

    @property
    def md5(self) -> bytes | None:
        """What its ETag says, unless that is of another form."""
        return md5_of(self.etag)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as the store reports it.

    ``sha256`` is the composite digest (see ``composite_sha256``), None where unknown; a listing never knows it.
    ``parts`` is the number of parts it was put together from, None for an object sent in one piece. ``md5`` is known of
    such a one alone, and not where the store encrypts by KMS.
    """

    key: str
    size: int
    sha256: bytes | None
    parts: int | None
    modified: datetime
    md5: bytes | None = None


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload that was started and neither completed nor aborted."""

    key: str
    upload_id: str
    started: datetime


@dataclass(frozen=True, slots=True)
class BatchDelete:
    """The keys that are certainly gone, and for each other key why it is not (the store's code and words)."""

    deleted: frozenset[str]
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A URL that opens one object for ``expires_in`` seconds. A credential: kept out of ``repr``."""

    url: str = field(repr=False)
    expires_in: int


def composite_sha256(digests: Sequence[bytes]) -> bytes:
    """The store's checksum of a multipart object: SHA-256 over the parts' raw SHA-256 digests in order.

    Source: Amazon S3 user guide, "Checking object integrity", composite checksums.
    """
    return hashlib.sha256(b"".join(digests)).digest()
