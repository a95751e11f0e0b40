"""Translates exceptions of botocore into those of the application. No error is taken for an absent object."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.parsers import ResponseParserError
from django.utils.translation import gettext_lazy as _
from urllib3.exceptions import HTTPError

from shares import errors

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10
RETRY_LIMIT_SECONDS = 300

# What an operator can do about an error, by the code of storage.
REMEDIES = {
    "AccessDenied": "the key pair lacks a right; compare it with what `manage.py storage policy` prints",
    "AccountProblem": "the store has closed this account; ask its provider",
    "AllAccessDisabled": "the store has closed this bucket or account; ask its provider",
    "AuthorizationHeaderMalformed": "the region is wrong for this bucket; set S3_REGION",
    "ExpiredToken": "the temporary credentials ended; renew them, or use a role that renews itself",
    "InvalidAccessKeyId": "the store does not know this access key; set AWS_ACCESS_KEY_ID",
    "InvalidToken": "AWS_SESSION_TOKEN does not belong to this access key",
    "NoSuchBucket": "the bucket is missing; check S3_BUCKET, then run `manage.py storage setup`",
    "PermanentRedirect": "the bucket lives at another address; set S3_REGION and S3_ENDPOINT_URL",
    "RequestTimeTooSkewed": "the clocks of this machine and the store differ; keep both on NTP",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is wrong, or a proxy changes the request on its way",
    "TokenRefreshRequired": "the temporary credentials ended; renew them, or use a role that renews itself",
}
KEYS = (
    "the store cannot use the encryption key: S3_KMS_KEY_ID must name a key of the bucket's region that is enabled and "
    "lets this key pair do what `manage.py storage policy` prints"
)
ENCRYPTION = "the store does not encrypt that way: empty S3_SSE, or set the store up for it"
# Codes for an operation, header or value that storage does not support: trying again does not help.
UNKNOWN = {
    "InvalidArgument",
    "InvalidRequest",
    "MalformedXML",
    "MethodNotAllowed",
    "NotImplemented",
    "NotSupported",
    "UnsupportedOperation",
    "XNotImplemented",
}
# With clocks this far apart a short-lived URL has expired before it is used; some storages then return "AccessDenied".
SKEW_SECONDS = 60

# Parts that differ from what storage has: the client sent something else than it declared.
PART_ERRORS = {
    "InvalidPart",
    "InvalidPartOrder",
    "EntityTooSmall",
    "BadDigest",
    "InvalidDigest",
    "XAmzContentChecksumMismatch",
}


class UploadGone(errors.Invalid):
    """Storage has no such multipart upload: it was aborted, timed out, or completed. HEAD distinguishes these."""

    specific_detail = _("This upload is no longer open. Start it again.")


class ObjectExists(errors.Invalid):
    """The key has an object already, which was not changed. HEAD and compare."""

    specific_detail = _("This file is already stored.")


class PartMismatch(errors.Invalid):
    """Storage rejected the list of parts: one is missing, too small, or not the named one."""

    specific_detail = _("The parts that arrived are not the parts that were declared.")


class Denied(errors.StorageRefuses):
    """Storage denies the key pair this operation."""


class CompletionUnclear(errors.StorageUnavailable):
    """Storage did not respond clearly to the completion of an upload: it may have completed. HEAD and compare."""


def code_of(error: ClientError) -> str:
    """The code of storage (``NoSuchKey``); for a response without a body the HTTP status as text (``404``)."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def retry_after(error: ClientError) -> int:
    """Seconds until the next try: the Retry-After of storage within limits, otherwise ten."""
    headers: dict[str, Any] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    header = str(headers.get("retry-after", ""))
    return min(max(int(header), 1), RETRY_LIMIT_SECONDS) if header.isascii() and header.isdigit() else RETRY_SECONDS


def skew(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that this machine is ahead of storage, by the ``Date`` of a response; None without that header."""
    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return (now - parsedate_to_datetime(text).replace(tzinfo=UTC)).total_seconds()
    except (TypeError, ValueError):
        return None


def message_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def unsupported(status: int, code: str) -> bool:
    """Whether storage does not support a request, as opposed to an outage or a lack of rights."""
    return status in {405, 501} or (400 <= status < 500 and code in UNKNOWN)


def encryption_remedy(code: str, message: str) -> str:
    """The remedy for an error of encryption; "" for other errors."""
    text = f"{code} {message}".lower()
    if code.startswith("KMS.") or "kms:" in text or "kms key" in text:
        return KEYS
    return ENCRYPTION if "encrypt" in text or "kms" in text else ""


def remedy_for(status: int, code: str, headers: Mapping[str, str], message: str = "") -> str:
    """The remedy that makes storage accept requests; "" if it did not reject the site.

    Some storages and operations return "AccessDenied" for a wrong clock, so the clocks are compared first.
    """
    encrypted = encryption_remedy(code, message)
    if encrypted and (status < 500 or status == 501):
        return encrypted
    if status not in (401, 403) and code not in REMEDIES:
        return ""
    apart = skew(headers, datetime.now(UTC))
    if status in (401, 403) and apart is not None and abs(apart) > SKEW_SECONDS:
        return f"{REMEDIES['RequestTimeTooSkewed']} (they are {abs(apart):.0f} s apart)"
    return REMEDIES.get(code, REMEDIES["AccessDenied"])


def reason(refusal: errors.StorageUnavailable) -> tuple[str, str]:
    """The response of storage, such as ``501 NotImplemented``, and the remedy; both empty without a response."""
    error = refusal.__cause__
    if not isinstance(error, ClientError):
        return "", certificate_remedy(error)
    status, code = status_of(error), code_of(error)
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return f"{status} {code}", remedy_for(status, code, headers, message_of(error))


def certificate_remedy(error: BaseException | None) -> str:
    """The remedy for an untrusted certificate of storage; "" for other errors."""
    text = str(error)
    if "doesn't match" not in text and "CERTIFICATE_VERIFY_FAILED" not in text:
        return ""
    if "expired" in text or "not yet valid" in text:
        return "its certificate is outside of its time: renew it, or set the clock of this machine"
    if "doesn't match" in text or "mismatch" in text:
        return "its certificate is for another name: use the name in it as the address, or get one for this name"
    return "its certificate is not trusted here: name the authority that signed it in AWS_CA_BUNDLE"


def unavailable(operation: str, error: Exception, kind: type[errors.StorageUnavailable]) -> errors.StorageUnavailable:
    """Log what an operator needs (never a URL, a key or a signature), and return the refusal to raise."""
    if isinstance(error, NoCredentialsError):
        logger.error("storage: %s failed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role", operation)
        return kind(retry_after=RETRY_SECONDS)
    if not isinstance(error, ClientError):
        # The text of network errors can hold the whole signed URL; the kind of error is enough.
        remedy = certificate_remedy(error)
        logger.warning(
            "storage: %s failed: %s", operation, f"{type(error).__name__}: {remedy}" if remedy else type(error).__name__
        )
        return kind(retry_after=RETRY_SECONDS)
    code, status = code_of(error), status_of(error)
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    remedy = remedy_for(status, code, headers, message_of(error))
    if not remedy and unsupported(status, code):
        logger.warning("storage: %s is not known to this store: %s %s", operation, status, code)
        return errors.StorageUnsupported()
    if remedy:
        logger.error("storage: %s refused with %s %s: %s", operation, status, code, remedy)
        refusal_type = kind if issubclass(kind, errors.StorageRefuses) else errors.StorageRefuses
        return refusal_type(retry_after=retry_after(error))
    logger.warning("storage: %s failed with %s %s", operation, status, code)
    return kind(retry_after=retry_after(error))


@contextmanager
def translate_errors(
    operation: str, *, unclear: type[errors.StorageUnavailable] = errors.StorageUnavailable
) -> Iterator[None]:
    """Run calls of storage; raise only the exceptions of this module and ``errors.StorageUnavailable``.

    ``unclear`` is raised instead if storage may have performed the operation without a response.
    """
    try:
        yield
    except ParamValidationError:
        raise  # A defect of this program, not of storage.
    except ClientError as error:
        code = code_of(error)
        if code == "NoSuchUpload":
            raise UploadGone from error
        if code == "PreconditionFailed" or status_of(error) == 412:
            raise ObjectExists from error
        if code in PART_ERRORS:
            raise PartMismatch from error
        if code == "AccessDenied":
            raise unavailable(operation, error, Denied) from error
        status = status_of(error)
        lost = (status >= 500 or status == 409) and not unsupported(status, code)
        raise unavailable(operation, error, unclear if lost else errors.StorageUnavailable) from error
    except (BotoCoreError, ResponseParserError, HTTPError, OSError, RecursionError) as error:
        # RecursionError: botocore follows a redirect that names no region again and again.
        raise unavailable(operation, error, unclear) from error
