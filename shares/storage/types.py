"""Values that storage receives and returns. Sizes are in bytes, times are aware and in UTC."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shares.storage.integrity import md5_of


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a client is about to send: ``number`` 1..10,000, its exact ``size``, the 32 raw bytes of its SHA-256,
    and the 16 of its MD5 if storage verifies by that.
    """

    number: int
    size: int
    sha256: bytes
    md5: bytes = b""


@dataclass(frozen=True, slots=True)
class SignedPart:
    """How to send one part, within ``expires_in`` seconds. ``headers`` must be sent exactly as they are; the browser
    adds Content-Length.

    The URL is a credential: it stays out of ``repr`` so that it cannot reach a log by accident.
    """

    number: int
    url: str = field(repr=False)
    headers: dict[str, str]
    expires_in: int


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A form that a browser sends to ``url`` as multipart/form-data within ``expires_in`` seconds: ``fields``, and
    after them the file, named ``file``. The fields are a credential, so they are not in ``repr``.
    """

    url: str
    fields: dict[str, str] = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part as storage reports it. ``sha256`` is None if storage does not list checksums.

    ``etag`` includes the quotes around it.
    """

    number: int
    size: int
    etag: str
    sha256: bytes | None = None

    @property
    def md5(self) -> bytes | None:
        """The MD5 in its ETag; None if that has another form."""
        return md5_of(self.etag)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as storage reports it.

    ``sha256`` is the composite digest (see ``composite_sha256``), None if unknown, as in a listing. ``parts`` is the
    number of its parts, None for an object of a single PUT. Only such an object has an ``md5``, unless storage encrypts
    by KMS.
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
    """The keys that are certainly deleted, and the reason for every other key (code and message of storage)."""

    deleted: frozenset[str]
    failed: dict[str, str]


@dataclass(frozen=True, slots=True)
class SignedUrl:
    """A URL that downloads one object for ``expires_in`` seconds. It is a credential, so it is not in ``repr``."""

    url: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class SignedCookies:
    """Cookies that allow a browser to download what is below ``path`` at ``domain`` and its subdomains, for
    ``expires_in`` seconds.
    """

    values: dict[str, str] = field(repr=False)
    domain: str
    path: str
    expires_in: int


def composite_sha256(digests: Sequence[bytes]) -> bytes:
    """The checksum of a multipart object: SHA-256 over the raw SHA-256 digests of its parts in order.

    Source: Amazon S3 user guide, "Checking object integrity", composite checksums.
    """
    return hashlib.sha256(b"".join(digests)).digest()
