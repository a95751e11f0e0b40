"""The storage doctor: does what pages, browsers and the sweep will do, and says what is wrong and what cures it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from shares import errors
from shares.storage import bucket, faults
from shares.storage.findings import Finding, fail, ok, warn
from shares.storage.probes import Probe, preflight, send
from shares.storage.shares import ShareStorage

SKEW_WARN_SECONDS = 30
# Stores refuse what is 15 minutes off; short-lived URLs are dead on arrival long before.
SKEW_FAIL_SECONDS = 120
SHORT_LIFE_SECONDS = 300
STRANGER = "https://stranger.invalid"
NETWORK = "check S3_ENDPOINT_URL, that the store runs, and that this machine may reach it"
PUBLIC = "check S3_PUBLIC_ENDPOINT_URL: it must be an address that browsers reach, not one inside your network"
SETUP = "run `manage.py storage setup`"


def examine(store: ShareStorage, *, site_url: str, origins: Sequence[str]) -> Iterator[Finding]:
    """One finding after the other; ends early where nothing further could work. Leaves nothing behind in the bucket."""
    host = urlsplit(site_url).hostname or ""
    for basics in (credentials, inside):
        found = [*basics(store)]
        yield from found
        if any(finding.level == "fail" for finding in found):
            return
    public = [*outside(store, host, site_url)]
    yield from public
    yield from rules(store)
    if any(finding.level == "fail" for finding in public):
        return
    yield from Probe(store, host).run()
    yield from pages(store, host, origins)


def credentials(store: ShareStorage) -> Iterator[Finding]:
    try:
        life = store.credentials_life()
    except errors.StorageUnavailable:
        yield fail("no credentials", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role")
        return
    if life is None:
        yield ok("credentials found; they carry no end")
    elif life < SHORT_LIFE_SECONDS:
        yield warn(f"the credentials end in {life} s", "renew them, or use a role that renews itself")
    else:
        yield ok(f"credentials found; they end in {life} s and renew themselves")


def inside(store: ShareStorage) -> Iterator[Finding]:
    """The way this machine talks to the store, the bucket, and the two clocks."""
    where = f"bucket {store.bucket_name} at {store.client.meta.endpoint_url}"
    try:
        reply = store.client.list_objects_v2(Bucket=store.bucket_name, MaxKeys=1)
    except ClientError as fault:
        code, status = faults.code_of(fault), faults.status_of(fault)
        headers = fault.response["ResponseMetadata"].get("HTTPHeaders", {})
        yield fail(f"{where}: {code}", faults.cure_of(status, code, headers) or "see the store's own log")
        return
    except (BotoCoreError, OSError) as fault:
        yield fail(f"{where} does not answer ({type(fault).__name__})", faults.certificate_cure(fault) or NETWORK)
        return
    yield ok(f"{where} answers")
    date = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    if date:
        yield clock((datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds())


def clock(skew: float) -> Finding:
    """``skew`` in seconds, positive when this machine is ahead of the store."""
    cure = "keep this machine and the store on NTP"
    if abs(skew) > SKEW_FAIL_SECONDS:
        return fail(f"the clocks differ by {abs(skew):.0f} s", cure)
    if abs(skew) > SKEW_WARN_SECONDS:
        return warn(f"the clocks differ by {abs(skew):.0f} s", cure)
    return ok(f"the clocks agree within {max(abs(skew), 1):.0f} s")


def outside(store: ShareStorage, host: str, site_url: str) -> Iterator[Finding]:
    """The way browsers reach the store."""
    origin = store.public_origin(host)
    try:
        status = send("GET", store.public_endpoint(host).base + "doctor/none").status
    except errors.StorageUnavailable as away:
        cure = faults.certificate_cure(away.__cause__)
        yield fail(f"browsers' address {origin} does not answer", cure or PUBLIC)
        return
    if status in {401, 403}:
        yield ok(f"browsers' address {origin} answers, and refuses a request without a signature")
    elif status in {301, 302, 307, 308}:
        yield fail(f"browsers' address {origin} redirects", "set S3_REGION and the regional address of the bucket")
    else:
        yield fail(
            f"browsers' address {origin} answers {status} without a signature",
            "make the bucket private: remove public policies, ACLs and anonymous identities",
        )
    if site_url.startswith("https:") and not origin.startswith("https:"):
        yield fail("the site is https but storage is not; browsers block that", "put TLS in front of the store")


def rules(store: ShareStorage) -> Iterator[Finding]:
    """What the bucket itself enforces. A key pair without the right to look is no fault, but nothing is known then."""
    client, name = store.client, store.bucket_name
    for check in (lifecycle, versions, privacy):
        try:
            yield from check(client, name)
        except errors.StorageUnavailable:
            yield warn(
                f"the bucket's {check.__name__} cannot be read",
                "lend this key pair what `storage policy --setup` prints",
            )


def lifecycle(client: Any, name: str) -> Iterator[Finding]:
    if any(bucket.aborts(rule) for rule in bucket.lifecycle_rules(client, name)):
        yield ok("a lifecycle rule drops uploads that were left open")
    else:
        yield warn("no lifecycle rule drops uploads that were left open", SETUP)


def versions(client: Any, name: str) -> Iterator[Finding]:
    if bucket.versioned(client, name):
        yield warn(
            "the bucket keeps old versions: purged files stay in it, and stay billed",
            "suspend versioning, or add a lifecycle rule that expires noncurrent versions",
        )
    else:
        yield ok("the bucket keeps no old versions")


def privacy(client: Any, name: str) -> Iterator[Finding]:
    found = bucket.read_public_block(client, name)
    if found == bucket.PRIVATE:
        yield ok("public access is blocked")
    elif found is not None:
        yield warn("public access is not blocked on the bucket", SETUP)


def pages(store: ShareStorage, host: str, origins: Sequence[str]) -> Iterator[Finding]:
    """CORS, asked the way browsers ask."""
    url = store.public_endpoint(host).base + "doctor/cors"
    for origin in origins:
        if "*" in origin:
            yield warn(f"CORS lets in every origin that fits {origin}", "name each origin in CORS_ORIGINS")
            continue
        trouble = preflight(url, origin)
        if trouble:
            yield fail(f"CORS for {origin}: {trouble}", SETUP)
        else:
            yield ok(f"CORS lets {origin} upload")
    if preflight(url, STRANGER) is None:
        yield warn("CORS lets every page on the web in", f"{SETUP}; look for a wildcard in the store's own settings")
    else:
        yield ok("CORS lets no stranger in")
