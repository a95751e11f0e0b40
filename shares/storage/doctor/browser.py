"""What browsers do with storage: plain HTTP requests to its public endpoint, with signed URLs and an origin."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import botocore.session
import urllib3

from shares import errors
from shares.storage.errors import REMEDIES, encryption_remedy, skew
from shares.storage.features import PREFIX
from shares.storage.shares import ShareStorage
from shares.storage.types import Part

BODY = b"Sharesite looks after its storage."
HTTP = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=3, read=15),
    retries=False,
    # From AWS_CA_BUNDLE, as for the client of storage.
    ca_certs=botocore.session.Session().get_config_variable("ca_bundle"),
)
MAX_SKEW_SECONDS = 30
CODE = re.compile(rb"<Code>\s*(\w[\w.]*)\s*</Code>")
MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")
PROXY = "look for a proxy in front of the store that changes headers, or use a store that checks them"


def send(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """Raises ``errors.StorageUnavailable`` without a response; never follows a redirect."""
    try:
        return HTTP.request(method, url, body=body, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        raise errors.StorageUnavailable from error


def code_in(response: urllib3.BaseHTTPResponse) -> str:
    """The code of storage; "" if something else responded."""
    match = CODE.search(response.data)
    return match[1].decode() if match else ""


def remedy_for_response(response: urllib3.BaseHTTPResponse) -> str:
    """Different clocks look like the effect of a proxy: a signed URL has expired before it is used."""
    apart = skew(response.headers, datetime.now(UTC))
    if apart is not None and abs(apart) > MAX_SKEW_SECONDS:
        return REMEDIES["RequestTimeTooSkewed"]
    if 300 <= response.status < 400:
        return REMEDIES["PermanentRedirect"]
    match = MESSAGE.search(response.data)
    message = match[1].decode(errors="replace") if match else ""
    return encryption_remedy(code_in(response), message) or PROXY


def preflight(url: str, origin: str, headers: Sequence[str]) -> str | None:
    """Send the preflight of Chromium; None if the upload would continue, otherwise what is missing."""
    preflight_headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": ",".join(sorted(headers)),
    }
    try:
        response = send("OPTIONS", url, headers=preflight_headers)
    except errors.StorageUnavailable:
        return "no answer"
    allowed = {word.strip().lower() for word in response.headers.get("Access-Control-Allow-Headers", "").split(",")}
    methods = response.headers.get("Access-Control-Allow-Methods", "").upper()
    if response.status not in {200, 204}:
        return f"the preflight is answered with {response.status}"
    if response.headers.get("Access-Control-Allow-Origin") not in {origin, "*"}:
        return "the origin is not allowed"
    if "PUT" not in methods:
        return "PUT is not allowed"
    missing = [] if "*" in allowed else sorted(set(headers) - allowed)
    return f"the header {missing[0]} is not allowed" if missing else None


def exposes_etag(store: ShareStorage, host: str, origin: str) -> bool:
    """Store an object as a page at ``origin`` does: whether the page may read the ETag in the response."""
    key = PREFIX + secrets.token_hex(16)
    part = Part(1, len(BODY), hashlib.sha256(BODY).digest(), hashlib.md5(BODY, usedforsecurity=False).digest())
    signed_part = store.sign_whole(key, part, content_type="text/plain", seconds=60, host=host)
    try:
        response = send("PUT", signed_part.url, BODY, {**signed_part.headers, "Origin": origin})
        store.objects.delete([key])
    except errors.StorageUnavailable:
        return True  # Another finding has reported that.
    exposed = response.headers.get("Access-Control-Expose-Headers", "").lower()
    return response.status >= 300 or "etag" in exposed or "*" in exposed
