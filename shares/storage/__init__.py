"""The only package that calls S3: keys, bytes, signatures, and the rules of the bucket.

It knows neither shares nor accounts and makes no decisions about them. It may import ``shares.errors`` and
``shares.file_names`` only.
"""

from shares.storage.content_disposition import content_disposition, is_plain
from shares.storage.errors import CompletionUnclear, ObjectExists, PartMismatch, UploadGone
from shares.storage.health import HEALTH_KEY
from shares.storage.health_monitor import State
from shares.storage.response_headers import NO_STORE
from shares.storage.shares import ShareStorage, share_storage
from shares.storage.signing.delivery import DownloadWay
from shares.storage.signing.key_pairs import POLL_SECONDS
from shares.storage.signing.signer import MAX_SECONDS as MAX_SIGNED_SECONDS
from shares.storage.types import (
    BatchDelete,
    OpenUpload,
    Part,
    SignedCookies,
    SignedForm,
    SignedPart,
    SignedUrl,
    StoredObject,
    StoredPart,
    composite_sha256,
)

__all__ = [
    "HEALTH_KEY",
    "MAX_SIGNED_SECONDS",
    "NO_STORE",
    "POLL_SECONDS",
    "BatchDelete",
    "CompletionUnclear",
    "DownloadWay",
    "ObjectExists",
    "OpenUpload",
    "Part",
    "PartMismatch",
    "ShareStorage",
    "SignedCookies",
    "SignedForm",
    "SignedPart",
    "SignedUrl",
    "State",
    "StoredObject",
    "StoredPart",
    "UploadGone",
    "composite_sha256",
    "content_disposition",
    "is_plain",
    "share_storage",
]
