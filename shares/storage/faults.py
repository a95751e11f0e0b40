"""From what botocore raises to what the rest of the product understands. Nothing here is ever read as "absent"."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from shares import errors

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10
RETRY_LIMIT_SECONDS = 300

# What the person who runs the server can do about it. Codes are the store's own.
CURES = {
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
# How stores say that they do not know an operation, a header or a value: they will say the same tomorrow.
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
# Clocks this far apart make a short-lived URL dead on arrival; some stores then say "AccessDenied".
SKEW_SECONDS = 60

# Parts that do not fit what the store holds: the client sent something else than it declared.
MISFITS = {
    "InvalidPart",
    "InvalidPartOrder",
    "EntityTooSmall",
    "BadDigest",
    "InvalidDigest",
    "XAmzContentChecksumMismatch",
}


class UploadGone(errors.Invalid):
    """The store knows no such multipart upload: aborted, timed out, or completed before. HEAD tells which."""

    def __init__(self, message: str = "This upload is no longer open. Start it again.") -> None:
        super().__init__(message)


class ObjectExists(errors.Invalid):
    """There is an object under this key already; it was left as it is. HEAD and compare."""

    def __init__(self, message: str = "This file is already stored.") -> None:
        super().__init__(message)


class PartMismatch(errors.Invalid):
    """The store refused the list of parts: one is missing, too small, or not the one that was named."""

    def __init__(self, message: str = "The parts that arrived are not the parts that were declared.") -> None:
        super().__init__(message)


class Denied(errors.StorageRefuses):
    """The store knows our key pair and denies it this deed."""


class CompletionUnclear(errors.StorageUnavailable):
    """The store was asked to complete an upload and gave no clear answer: perhaps it did. HEAD and compare."""


def code_of(fault: ClientError) -> str:
    """The store's code (``NoSuchKey``); for an answer without a body the HTTP status as text (``404``)."""
    return str(fault.response.get("Error", {}).get("Code", ""))


def status_of(fault: ClientError) -> int:
    return int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def retry_after(fault: ClientError) -> int:
    """Seconds until a new try is sensible: the store's own word within reason, else ten."""
    headers: dict[str, Any] = fault.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    said = str(headers.get("retry-after", ""))
    return min(max(int(said), 1), RETRY_LIMIT_SECONDS) if said.isascii() and said.isdigit() else RETRY_SECONDS


def skew(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that this machine is ahead of the store, by the ``Date`` of its answer; None where it names none."""
    text = next((value for name, value in headers.items() if name.lower() == "date"), "")
    try:
        return (now - parsedate_to_datetime(text).replace(tzinfo=UTC)).total_seconds()
    except (TypeError, ValueError):
        return None


def message_of(fault: ClientError) -> str:
    return str(fault.response.get("Error", {}).get("Message", ""))


def unsupported(status: int, code: str) -> bool:
    """Whether the store does not know what it was asked for, as opposed to not now or not for this key pair."""
    return status in {405, 501} or (400 <= status < 500 and code in UNKNOWN)


def encryption_cure(code: str, message: str) -> str:
    """What makes the store encrypt, where that is what it stumbled over."""
    text = f"{code} {message}".lower()
    if code.startswith("KMS.") or "kms:" in text or "kms key" in text:
        return KEYS
    return ENCRYPTION if "encrypt" in text or "kms" in text else ""


def cure_of(status: int, code: str, headers: Mapping[str, str], message: str = "") -> str:
    """What makes the store accept requests again; "" where it did not turn this site away.

    Some stores and operations call a wrong clock "AccessDenied", so the clocks are compared first.
    """
    encrypted = encryption_cure(code, message)
    if encrypted and (status < 500 or status == 501):
        return encrypted
    if status not in (401, 403) and code not in CURES:
        return ""
    apart = skew(headers, datetime.now(UTC))
    if status in (401, 403) and apart is not None and abs(apart) > SKEW_SECONDS:
        return f"{CURES['RequestTimeTooSkewed']} (they are {abs(apart):.0f} s apart)"
    return CURES.get(code, CURES["AccessDenied"])


def reason(refusal: errors.StorageUnavailable) -> tuple[str, str]:
    """What the store answered, as ``501 NotImplemented``, and the cure; both empty where it did not answer."""
    fault = refusal.__cause__
    if not isinstance(fault, ClientError):
        return "", certificate_cure(fault)
    status, code = status_of(fault), code_of(fault)
    headers = fault.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return f"{status} {code}", cure_of(status, code, headers, message_of(fault))


def certificate_cure(fault: BaseException | None) -> str:
    """What makes the store's certificate trusted; "" where the fault is another one."""
    text = str(fault)
    if "doesn't match" not in text and "CERTIFICATE_VERIFY_FAILED" not in text:
        return ""
    if "expired" in text or "not yet valid" in text:
        return "its certificate is outside of its time: renew it, or set the clock of this machine"
    if "doesn't match" in text or "mismatch" in text:
        return "its certificate is for another name: use the name in it as the address, or get one for this name"
    return "its certificate is not trusted here: name the authority that signed it in AWS_CA_BUNDLE"


def unavailable(deed: str, fault: Exception, kind: type[errors.StorageUnavailable]) -> errors.StorageUnavailable:
    """Log what an operator needs (never a URL, a key or a signature) and say "not now" to everybody else."""
    if isinstance(fault, NoCredentialsError):
        logger.error("storage: %s failed: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role", deed)
        return kind(retry_after=RETRY_SECONDS)
    if not isinstance(fault, ClientError):
        # The text of network errors can hold the whole signed URL; the kind of error is enough.
        cure = certificate_cure(fault)
        logger.warning(
            "storage: %s failed: %s", deed, f"{type(fault).__name__}: {cure}" if cure else type(fault).__name__
        )
        return kind(retry_after=RETRY_SECONDS)
    code, status = code_of(fault), status_of(fault)
    headers = fault.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    cure = cure_of(status, code, headers, message_of(fault))
    if not cure and unsupported(status, code):
        logger.warning("storage: %s is not known to this store: %s %s", deed, status, code)
        return errors.StorageUnsupported()
    if cure:
        logger.error("storage: %s refused with %s %s: %s", deed, status, code, cure)
        refused = kind if issubclass(kind, errors.StorageRefuses) else errors.StorageRefuses
        return refused(retry_after=retry_after(fault))
    logger.warning("storage: %s failed with %s %s", deed, status, code)
    return kind(retry_after=retry_after(fault))


@contextmanager
def translated(deed: str, *, unclear: type[errors.StorageUnavailable] = errors.StorageUnavailable) -> Iterator[None]:
    """Run calls to the store; let out only this module's exceptions and ``errors.StorageUnavailable``.

    ``unclear`` is raised instead where the store may have done the deed without saying so.
    """
    try:
        yield
    except ParamValidationError:
        raise  # a defect of ours, not of the store
    except ClientError as fault:
        code = code_of(fault)
        if code == "NoSuchUpload":
            raise UploadGone from fault
        if code == "PreconditionFailed" or status_of(fault) == 412:
            raise ObjectExists from fault
        if code in MISFITS:
            raise PartMismatch from fault
        if code == "AccessDenied":
            raise unavailable(deed, fault, Denied) from fault
        status = status_of(fault)
        lost = (status >= 500 or status == 409) and not unsupported(status, code)
        raise unavailable(deed, fault, unclear if lost else errors.StorageUnavailable) from fault
    except (BotoCoreError, ResponseParserError, HTTPError, OSError, RecursionError) as fault:
        # RecursionError: botocore asks an address that redirects without naming a region over and over.
        raise unavailable(deed, fault, unclear) from fault
