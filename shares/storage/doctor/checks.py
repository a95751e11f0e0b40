"""The storage doctor: does what pages, browsers and the sweep do, and reports each problem with a remedy."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from shares import errors
from shares.storage import errors as storage_errors
from shares.storage.bucket import rules as bucket_rules
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.doctor.probes import Probe, code_in, preflight, send
from shares.storage.shares import ShareStorage

SKEW_WARN_SECONDS = 30
# Storage rejects requests that are 15 minutes off; short-lived URLs expire before use with much less.
SKEW_FAIL_SECONDS = 120
SHORT_LIFETIME_SECONDS = 300
STRANGER = "https://stranger.invalid"
NETWORK = "check S3_ENDPOINT_URL, that the store runs, and that this machine may reach it"
PUBLIC = "check S3_PUBLIC_ENDPOINT_URL: it must be an address that browsers reach, not one inside your network"
SETUP = "run `manage.py storage setup`"
OWN_WAY = "or, where that says that the store does not know them, set CORS rules the store's own way"
PRIVATE = "make the bucket private: remove public policies, ACLs and anonymous identities"
OTHER_ADDRESS = "S3_PUBLIC_ENDPOINT_URL leads to something else than S3_ENDPOINT_URL, or S3_ADDRESSING_STYLE is wrong"
REGION = "set S3_REGION and the regional address of the bucket"
ROLE = "hand new ones over in time, or use a role that renews itself"
END = "set AWS_CREDENTIAL_EXPIRATION, or use a role that renews itself"
RIGHTS = "lend this key pair what `storage policy --setup` prints"
# What replaces a rule that storage does not support.
WITHOUT = {
    "lifecycle": "the site gives up idle uploads by itself",
    "versions": "see that it keeps none",
}


def examine(store: ShareStorage, *, site_url: str, origins: Sequence[str]) -> Iterator[Finding]:
    """Yield findings; ends early if nothing further can work. Leaves nothing in the bucket."""
    host = urlsplit(site_url).hostname or ""
    for basics in (check_credentials, check_internal_endpoint):
        findings = [*basics(store)]
        yield from findings
        if any(finding.level == "fail" for finding in findings):
            return
    response, finding = check_public_endpoint(store, host)
    yield finding
    yield from check_https(store, host, site_url)
    yield from check_rules(store)
    if response is None:
        return
    yield from Probe(store, host).run()
    yield from check_cors(store, host, origins)


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


def check_internal_endpoint(store: ShareStorage) -> Iterator[Finding]:
    """Check the internal endpoint, the bucket, and the two clocks."""
    location = f"bucket {store.bucket_name} at {store.client.meta.endpoint_url}"
    try:
        reply = store.client.list_objects_v2(Bucket=store.bucket_name, MaxKeys=1)
    except ClientError as error:
        code, status = storage_errors.code_of(error), storage_errors.status_of(error)
        headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
        remedy = storage_errors.remedy_for(status, code, headers, storage_errors.message_of(error))
        yield fail(f"{location}: {code}", remedy or "see the store's own log")
        return
    except (BotoCoreError, OSError) as error:
        yield fail(
            f"{location} does not answer ({type(error).__name__})", storage_errors.certificate_remedy(error) or NETWORK
        )
        return
    yield ok(f"{location} answers")
    date = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    if date:
        yield compare_clocks((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())


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
    location = f"browsers' address {store.public_origin(host)}"
    try:
        response = send("GET", store.public_endpoint(host).base + "doctor/none")
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
    if site_url.startswith("https:") and not store.public_origin(host).startswith("https:"):
        yield fail("the site is https but storage is not; browsers block that", "put TLS in front of the store")


def check_rules(store: ShareStorage) -> Iterator[Finding]:
    """Check the rules of the bucket. A key pair without the right to read them is no problem, but gives no result."""
    client, name = store.client, store.bucket_name
    for check in (lifecycle, versions, privacy):
        subject = f"the bucket's {check.__name__}"
        try:
            yield from check(client, name)
        except errors.StorageUnsupported:
            yield ok(f"{subject}: not known to this store; {WITHOUT[check.__name__]}")
        except errors.StorageRefuses:
            yield warn(f"{subject} cannot be read", RIGHTS)
        except errors.StorageUnavailable as error:
            yield warn(
                f"{subject} could not be read ({storage_errors.reason(error)[0] or 'no answer'})",
                "run the doctor again",
            )


def lifecycle(client: Any, name: str) -> Iterator[Finding]:
    if any(bucket_rules.has_abort_rule(rule) for rule in bucket_rules.lifecycle_rules(client, name)):
        yield ok("a lifecycle rule drops uploads that were left open")
    else:
        yield warn("no lifecycle rule drops uploads that were left open", f"{SETUP}; without, {WITHOUT['lifecycle']}")


def versions(client: Any, name: str) -> Iterator[Finding]:
    if bucket_rules.is_versioned(client, name):
        yield warn(
            "the bucket keeps old versions: purged files stay in it, and stay billed",
            "suspend versioning, or add a lifecycle rule that expires noncurrent versions",
        )
    else:
        yield ok("the bucket keeps no old versions")


def privacy(client: Any, name: str) -> Iterator[Finding]:
    switches = bucket_rules.read_public_block(client, name)
    if switches == bucket_rules.PRIVATE:
        yield ok("public access is blocked")
    elif switches is not None:
        yield warn("public access is not blocked on the bucket", SETUP)


def check_cors(store: ShareStorage, host: str, origins: Sequence[str]) -> Iterator[Finding]:
    """Check CORS with the requests that browsers send."""
    url = store.public_endpoint(host).base + "doctor/cors"
    for origin in origins:
        if "*" in origin:
            yield warn(f"CORS lets in every origin that fits {origin}", "name each origin in CORS_ORIGINS")
            continue
        problem = preflight(url, origin, store.upload_headers())
        if problem:
            yield fail(f"CORS for {origin}: {problem}", f"{SETUP}; {OWN_WAY}")
        else:
            yield ok(f"CORS lets {origin} upload")
    if preflight(url, STRANGER, store.upload_headers()) is None:
        yield warn("CORS lets every page on the web in", f"{SETUP}; look for a wildcard in the store's own settings")
    else:
        yield ok("CORS lets no stranger in")
