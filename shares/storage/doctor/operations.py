"""What the site and its browsers do with the bucket, operation by operation: is it refused?

Every attempt is harmless: it names an object or upload that does not exist, or sends bytes that storage has to reject.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shares import errors
from shares.storage import labels
from shares.storage.doctor.browser import code_in, send
from shares.storage.errors import code_of, message_of, status_of
from shares.storage.shares import ShareStorage
from shares.storage.types import Part

BODY = b"Sharesite looks after its storage."
SIGNATURE_V4 = "AWS4-HMAC-SHA256"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Operation:
    """``by_url``: a browser does it with a signed URL. ``on_bucket``: it concerns the bucket and no object."""

    action: str
    by_url: bool = False
    on_bucket: bool = False

    def __str__(self) -> str:
        return f"{self.action} by signed URL" if self.by_url else self.action


GET_BY_URL, PUT_BY_URL = Operation("s3:GetObject", by_url=True), Operation("s3:PutObject", by_url=True)
OPERATIONS = (
    GET_BY_URL,
    PUT_BY_URL,
    Operation("s3:GetObject"),
    Operation("s3:PutObject"),
    Operation("s3:DeleteObject"),
    Operation("s3:AbortMultipartUpload"),
    Operation("s3:ListMultipartUploadParts"),
    Operation("s3:ListBucket", on_bucket=True),
    Operation("s3:ListBucketMultipartUploads", on_bucket=True),
)
# What happens at S3_READ_BUCKET; downloads by signed URL happen there alone.
READ_OPERATIONS = (GET_BY_URL, Operation("s3:GetObject"))


@dataclass(slots=True)
class Attempts:
    """The result of each attempted operation below a prefix: "" if it is allowed, otherwise the refusal.

    ``reads``: on ``S3_READ_BUCKET``, in place of the bucket of the site.
    """

    store: ShareStorage
    host: str
    reads: bool = False
    refusals: dict[tuple[Operation, str], str] = field(default_factory=dict)

    def refusal(self, operation: Operation, prefix: str) -> str:
        attempt = (operation, "" if operation.on_bucket else prefix)
        if attempt not in self.refusals:
            key = f"{prefix}{secrets.token_hex(16)}"
            self.refusals[attempt] = self._send(operation, key) if operation.by_url else self._call(operation, key)
        return self.refusals[attempt]

    def _send(self, operation: Operation, key: str) -> str:
        """Use a signed URL, as a browser does."""
        try:
            if operation == GET_BY_URL:
                url = self.store.sign_get(
                    key, name="probe.txt", content_type="text/plain", inline=False, seconds=SECONDS, host=self.host
                ).url
                response = send("GET", url)
            else:
                digests = hashlib.sha256(BODY).digest(), hashlib.md5(BODY, usedforsecurity=False).digest()
                signed_part = self.store.sign_whole(
                    key,
                    Part(1, len(BODY), *digests),
                    content_type="text/plain",
                    seconds=SECONDS,
                    host=self.host,
                    labels=labels.SAMPLE,
                )
                response = send("PUT", signed_part.url, bytes([BODY[0] ^ 1]) + BODY[1:], signed_part.headers)
                if response.status < 300:
                    self._call(Operation("s3:DeleteObject"), key)
        except errors.Refusal:
            return ""
        message = f"{response.status} {code_in(response)}".rstrip()
        return message if response.status == 403 else ""

    def _call(self, operation: Operation, key: str) -> str:
        """Call storage, as the site does."""
        try:
            if self.reads and self.store.reads is not None:
                client = self.store.client_for(self.store.read_config)
                client.head_object(Bucket=self.store.reads.name, Key=key)
            else:
                CALLS[operation.action](self.store, key)
        except ClientError as error:
            if status_of(error) != 403:
                return ""
            return f"403 {code_of(error)} {message_of(error)}".rstrip()
        except (BotoCoreError, OSError, errors.Refusal):
            return ""
        return ""


def start_upload(store: ShareStorage, key: str) -> None:
    bucket = {"Bucket": store.bucket_name, "Key": key}
    upload_id = store.client.create_multipart_upload(**bucket, **store.encryption())["UploadId"]
    store.client.abort_multipart_upload(**bucket, UploadId=upload_id)


def unknown_upload(store: ShareStorage, key: str) -> dict[str, str]:
    return {"Bucket": store.bucket_name, "Key": key, "UploadId": "none"}


CALLS: Mapping[str, Callable[[ShareStorage, str], Any]] = {
    "s3:GetObject": lambda store, key: store.client.head_object(Bucket=store.bucket_name, Key=key),
    "s3:PutObject": start_upload,
    "s3:DeleteObject": lambda store, key: store.client.delete_object(Bucket=store.bucket_name, Key=key),
    "s3:AbortMultipartUpload": lambda store, key: store.client.abort_multipart_upload(**unknown_upload(store, key)),
    "s3:ListMultipartUploadParts": lambda store, key: store.client.list_parts(**unknown_upload(store, key)),
    "s3:ListBucket": lambda store, _key: store.client.list_objects_v2(Bucket=store.bucket_name, MaxKeys=1),
    "s3:ListBucketMultipartUploads": lambda store, _key: store.client.list_multipart_uploads(
        Bucket=store.bucket_name, MaxUploads=1
    ),
}


def context_of(operation: Operation, store: ShareStorage, host: str, *, max_url_seconds: int) -> dict[str, str | None]:
    """The values of the keys of conditions that are known of such a request; None for those that it does not have.

    A key that is not here, such as the address that storage sees, is known to storage alone.
    """
    url = store.endpoints.public(host).base if operation.by_url else str(store.client.meta.endpoint_url)
    stores_object = operation.action == "s3:PutObject"
    encryption = store.encryption() if stores_object else {}
    return {
        "aws:securetransport": "true" if url.startswith("https:") else "false",
        "s3:authtype": "REST-QUERY-STRING" if operation.by_url else "REST-HEADER",
        "s3:signatureage": str(max_url_seconds * 1000 if operation.by_url else 0),
        "s3:signatureversion": SIGNATURE_V4,
        "s3:x-amz-acl": None,
        "s3:x-amz-server-side-encryption": encryption.get("ServerSideEncryption"),
        "s3:x-amz-server-side-encryption-aws-kms-key-id": encryption.get("SSEKMSKeyId"),
    }
