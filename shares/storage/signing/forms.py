"""Forms that browsers send to storage without a script: a POST policy, signed with AWS Signature Version 4.

A policy limits the size of a file without knowing it, which a signed URL cannot.
"""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from shares.storage.signing.signer import MAX_SECONDS, UNRESERVED, Signer, signing_key
from shares.storage.types import SignedForm

ALGORITHM = "AWS4-HMAC-SHA256"


def sign_form(
    signer: Signer,
    bucket: str,
    fields: dict[str, str],
    max_bytes: int,
    seconds: int,
    *,
    prefix: str = "",
    query: dict[str, str] | None = None,
    now: datetime | None = None,
) -> SignedForm:
    """A form with exactly these ``fields``, for a file of 1 to ``max_bytes`` bytes. ``prefix`` is what the keys of the
    endpoint begin with. ``query`` is part of its address, which the signature does not include.

    Source: Amazon S3 API reference, "Authenticating requests in browser-based uploads using POST".
    """
    if max_bytes < 1 or not 1 <= seconds <= MAX_SECONDS:
        raise ValueError("a form needs a size of one byte or more, and lives as long as a signature")
    endpoint, credentials, now = signer.endpoint, signer.credentials, now or datetime.now(UTC)
    day = now.strftime("%Y%m%d")
    scope = f"{day}/{endpoint.region}/{endpoint.service}/aws4_request"
    protocol_fields = {
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": f"{credentials.access_key}/{scope}",
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    if credentials.token is not None:
        protocol_fields["x-amz-security-token"] = credentials.token
    conditions: list[Any] = [{"bucket": bucket}, ["content-length-range", 1, max_bytes]]
    conditions += [{name: value} for name, value in (fields | protocol_fields).items()]
    expiration = (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = json.dumps({"expiration": expiration, "conditions": conditions})
    policy = base64.b64encode(document.encode()).decode()
    key = signing_key(credentials.secret_key, day, endpoint.region, endpoint.service)
    signature = hmac.new(key, policy.encode(), sha256).hexdigest()
    signed_fields = fields | protocol_fields | {"policy": policy, "x-amz-signature": signature}
    url = form_url(endpoint.base, prefix)
    return SignedForm(f"{url}?{urlencode(query)}" if query else url, signed_fields, seconds)


def form_url(base: str, prefix: str = "") -> str:
    """The address of the bucket: without the slash before the key where the bucket is part of the path."""
    base = base.removesuffix(quote(prefix, safe="/" + UNRESERVED))
    return base.rstrip("/") if urlsplit(base).path.strip("/") else base
