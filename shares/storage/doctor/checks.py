"""The storage doctor: does what pages, browsers and the sweep do, and reports each problem with a remedy."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from urllib.parse import urlsplit

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from shares import errors
from shares.storage import errors as storage_errors
from shares.storage.doctor.browser import code_in, exposes_etag, preflight, send
from shares.storage.doctor.bucket import SETUP, check_rules
from shares.storage.doctor.cloudfront import check_cloudfront
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.doctor.identity import check_identity, find_identity
from shares.storage.doctor.policies import check_policy
from shares.storage.doctor.probes import Probe
from shares.storage.response_headers import NO_STORE
from shares.storage.shares import ShareStorage

logger = logging.getLogger(__name__)

SKEW_WARN_SECONDS = 30
# Storage rejects requests that are 15 minutes off; short-lived URLs expire before use with much less.
SKEW_FAIL_SECONDS = 120
SHORT_LIFETIME_SECONDS = 300
STRANGER = "https://stranger.invalid"
NETWORK = "check S3_ENDPOINT_URL, that the store runs, and that this machine may reach it"
PUBLIC = "check S3_PUBLIC_ENDPOINT_URL: it must be an address that browsers reach, not one inside your network"
OWN_WAY = "or, where that says that the store does not know them, set CORS rules the store's own way"
PRIVATE = "make the bucket private: remove public policies, ACLs and anonymous identities"
OTHER_ADDRESS = "S3_PUBLIC_ENDPOINT_URL leads to something else than S3_ENDPOINT_URL, or S3_ADDRESSING_STYLE is wrong"
REGION = "set S3_REGION and the regional address of the bucket"
ROLE = "hand new ones over in time, or use a role that renews itself"
END = "set AWS_CREDENTIAL_EXPIRATION, or use a role that renews itself"
# The default of LINK_SECONDS, the longest of the lifetimes.
PAGE_URL_SECONDS, MAX_URL_SECONDS = 3600, 86_400


class Connection(Enum):
    """``DENIED``: storage denies this operation and may allow others. ``REJECTED``: it accepts no request."""

    WORKS = auto()
    DENIED = auto()
    REJECTED = auto()
    NONE = auto()


def examine(
    store: ShareStorage,
    *,
    site_url: str,
    origins: Sequence[str],
    page_url_seconds: int = PAGE_URL_SECONDS,
    max_url_seconds: int = MAX_URL_SECONDS,
    cache_control: str = NO_STORE,
) -> Iterator[Finding]:
    """Yield findings; goes on after a failure, unless nothing further can work. Leaves nothing in the bucket.

    ``page_url_seconds`` is the longest lifetime of the signed URLs on pages, ``max_url_seconds`` of all;
    ``cache_control`` is that of files which CloudFront may keep.
    """
    host = urlsplit(site_url).hostname or ""
    findings = [*check_credentials(store)]
    yield from findings
    if any(finding.level == "fail" for finding in findings):
        return
    connection, findings = check_internal_endpoint(store)
    yield from findings
    identity = None
    if connection not in {Connection.REJECTED, Connection.NONE}:
        identity = find_identity(store)
        yield from guard("the key pair", check_identity(store, identity, page_url_seconds, max_url_seconds))
        yield from guard("the region", check_region(store, host))
    yield from check_https(store, host, site_url)
    if connection is Connection.REJECTED:
        return
    response, finding = check_public_endpoint(store, host)
    yield finding
    if connection is Connection.NONE:
        return
    yield from guard("the rules of the bucket", check_rules(store))
    names, account = (identity.names, identity.arn.account) if identity else ((), "")
    policy_findings = check_policy(store, host, names, max_url_seconds=max_url_seconds, account=account)
    yield from guard("the bucket policy", policy_findings)
    if response is not None:
        yield from check_browser_requests(store, host, origins, cache_control)


def check_browser_requests(
    store: ShareStorage, host: str, origins: Sequence[str], cache_control: str
) -> Iterator[Finding]:
    yield from guard("the probe object", Probe(store, host).run())
    yield from guard("CORS", check_cors(store, host, origins))
    yield from guard("CloudFront", check_cloudfront(store, host, cache_control))


def guard(subject: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of one check; an unexpected error ends that check alone, and is a finding itself."""
    try:
        yield from findings
    except Exception as error:
        logger.exception("storage doctor: the check of %s failed", subject)
        name = type(error).__name__
        yield fail(f"the check of {subject} ended with an error ({name})", "read the log of the site, and report this")


def check_credentials(store: ShareStorage) -> Iterator[Finding]:
    try:
        lifetime = store.credentials_remaining_seconds()
    except errors.StorageUnavailable:
        yield fail("no credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role")
        return
    if lifetime is None:
        unknown = not store.custom_domain and store.credentials_are_temporary()
        yield (
            warn("the credentials are temporary, and nobody knows their end", END)
            if unknown
            else ok("credentials found; they carry no end")
        )
    elif not store.credentials_are_renewable():
        yield warn(f"the credentials end in {lifetime} s, and do not renew themselves", ROLE)
    elif lifetime < SHORT_LIFETIME_SECONDS:
        yield warn(
            f"the credentials end in {lifetime} s, though they renew themselves", "give the role longer sessions"
        )
    else:
        yield ok(f"credentials found; they end in {lifetime} s and renew themselves")


def check_internal_endpoint(store: ShareStorage) -> tuple[Connection, list[Finding]]:
    """Check the internal endpoint, the bucket, and the two clocks."""
    location = f"bucket {store.bucket_name} at {store.client.meta.endpoint_url}"
    try:
        reply = store.client.list_objects_v2(Bucket=store.bucket_name, MaxKeys=1)
    except ClientError as error:
        code, status = storage_errors.code_of(error), storage_errors.status_of(error)
        headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
        remedy = storage_errors.remedy_for(status, code, headers, storage_errors.message_of(error))
        is_one_right = remedy == storage_errors.REMEDIES["AccessDenied"]
        connection = Connection.DENIED if is_one_right or status >= 500 else Connection.REJECTED
        return connection, [fail(f"{location}: {code}", remedy or "see the store's own log")]
    except (BotoCoreError, OSError) as error:
        remedy = storage_errors.certificate_remedy(error) or NETWORK
        return Connection.NONE, [fail(f"{location} does not answer ({type(error).__name__})", remedy)]
    except RecursionError:  # botocore follows a redirect that names no region again and again.
        return Connection.REJECTED, [
            fail(f"{location}: PermanentRedirect", storage_errors.REMEDIES["PermanentRedirect"])
        ]
    findings = [ok(f"{location} answers")]
    date = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    if date:
        findings.append(compare_clocks((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()))
    return Connection.WORKS, findings


def check_region(store: ShareStorage, host: str) -> Iterator[Finding]:
    """Compare the region of the bucket, which AWS states, with the one that URLs are signed for."""
    try:
        region = store.client.head_bucket(Bucket=store.bucket_name).get("BucketRegion", "")
    except (BotoCoreError, ClientError, OSError):
        return
    signing_region = store.endpoints.public(host).region
    if region and region != signing_region:
        yield fail(f"the bucket is in {region}, and URLs are signed for {signing_region}", f"set S3_REGION={region}")


def compare_clocks(skew: float) -> Finding:
    """``skew`` is in seconds, positive if this machine is ahead of storage."""
    remedy = "keep this machine and the store on NTP"
    if abs(skew) > SKEW_FAIL_SECONDS:
        return fail(f"the clocks differ by {abs(skew):.0f} s", remedy)
    if abs(skew) > SKEW_WARN_SECONDS:
        return warn(f"the clocks differ by {abs(skew):.0f} s", remedy)
    return ok(f"the clocks agree within {max(abs(skew), 1):.0f} s")


def check_public_endpoint(store: ShareStorage, host: str) -> tuple[urllib3.BaseHTTPResponse | None, Finding]:
    """Return the response of the public endpoint to a request without a signature; None without a response."""
    location = f"browsers' address {store.endpoints.public_origin(host)}"
    try:
        response = send("GET", store.endpoints.public(host).base + "doctor/none")
    except errors.StorageUnavailable as error:
        return None, fail(f"{location} does not answer", storage_errors.certificate_remedy(error.__cause__) or PUBLIC)
    return response, check_unsigned(location, response.status, code_in(response))


def check_unsigned(location: str, status: int, code: str) -> Finding:
    """``code`` is that of storage, empty if something else responded."""
    if status in {401, 403} or (status == 400 and code):
        return ok(f"{location} answers, and refuses a request without a signature")
    if status in {301, 302, 307, 308}:
        return fail(f"{location} redirects", REGION)
    if status < 300 or code == "NoSuchKey":
        return fail(f"{location} answers {status} without a signature", PRIVATE)
    message = f"{location} answers {status} {code}".rstrip() + " to a request without a signature"
    if status >= 500:
        return warn(message, "see the log of the store, or of the proxy before it")
    return fail(message, OTHER_ADDRESS)


def check_https(store: ShareStorage, host: str, site_url: str) -> Iterator[Finding]:
    if site_url.startswith("https:") and not store.endpoints.public_origin(host).startswith("https:"):
        yield fail("the site is https but storage is not; browsers block that", "put TLS in front of the store")


def check_cors(store: ShareStorage, host: str, origins: Sequence[str]) -> Iterator[Finding]:
    """Check CORS with the requests that browsers send."""
    url = store.endpoints.public(host).base + "doctor/cors"
    for origin in origins:
        if "*" in origin:
            yield warn(f"CORS lets in every origin that fits {origin}", "name each origin in CORS_ORIGINS")
            continue
        problem = preflight(url, origin, store.upload_headers())
        if problem:
            yield fail(f"CORS for {origin}: {problem}", f"{SETUP}; {OWN_WAY}")
        elif not exposes_etag(store, host, origin):
            problem = f"CORS for {origin}: pages cannot read the ETag of what they sent"
            yield warn(problem, f"{SETUP}; {OWN_WAY}, with ExposeHeaders: ETag")
        else:
            yield ok(f"CORS lets {origin} upload")
    if preflight(url, STRANGER, store.upload_headers()) is None:
        yield warn("CORS lets every page on the web in", f"{SETUP}; look for a wildcard in the store's own settings")
    else:
        yield ok("CORS lets no stranger in")
