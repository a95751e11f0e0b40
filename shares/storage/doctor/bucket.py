"""What is configured on the bucket: who can read it, encryption, versions, object lock, lifecycle."""

from collections.abc import Iterator
from typing import Any

from shares import errors
from shares.storage import errors as storage_errors
from shares.storage.bucket import configuration
from shares.storage.bucket import rules as bucket_rules
from shares.storage.doctor.access_points import behind_access_point
from shares.storage.doctor.findings import Finding, fail, ok, warn
from shares.storage.shares import ShareStorage

SETUP = "run `manage.py storage setup`"
RIGHTS = "lend this key pair what `storage policy --setup` prints"
PUBLIC_POLICY = "remove the statements that allow everybody, and block public access"
DAYS = {"Days": 1, "Years": 365}
# What replaces a rule that storage does not support.
WITHOUT = {
    "lifecycle": "the site gives up idle uploads by itself",
    "versions": "see that it keeps none",
    "policy": "",
    "status": "",
    "encryption": "see that it encrypts what it stores, if it must",
    "locks": "see that nothing keeps deleted files",
}


def check_rules(store: ShareStorage) -> Iterator[Finding]:
    """Check the rules of the bucket. A key pair without the right to read them is no problem, but gives no result."""
    client, name, unreadable = store.client, store.bucket_name, list[str]()
    if behind_access_point(store, name):
        yield ok("S3_BUCKET is an access point, which does not show how its bucket is configured")
        return
    for check in (lifecycle, versions, privacy, status, encryption, locks):
        subject = f"the bucket's {check.__name__}"
        try:
            yield from check(client, name)
        except errors.StorageUnsupported:
            if WITHOUT[check.__name__]:
                yield ok(f"{subject}: not known to this store; {WITHOUT[check.__name__]}")
        except errors.StorageRefuses:
            unreadable.append(check.__name__)
        except errors.StorageUnavailable as error:
            yield warn(
                f"{subject} could not be read ({storage_errors.reason(error)[0] or 'no answer'})",
                "run the doctor again",
            )
    if unreadable:
        yield warn(f"the bucket's {', '.join(unreadable)} cannot be read", RIGHTS)


def lifecycle(client: Any, name: str) -> Iterator[Finding]:
    if any(bucket_rules.has_abort_rule(rule) for rule in bucket_rules.lifecycle_rules(client, name)):
        yield ok("a lifecycle rule drops uploads that were left open")
    else:
        yield warn("no lifecycle rule drops uploads that were left open", f"{SETUP}; without, {WITHOUT['lifecycle']}")


def versions(client: Any, name: str) -> Iterator[Finding]:
    if not bucket_rules.is_versioned(client, name):
        yield ok("the bucket keeps no old versions")
    elif any(bucket_rules.expires_versions(rule) for rule in bucket_rules.lifecycle_rules(client, name)):
        yield ok("the bucket keeps old versions for a time, and a lifecycle rule expires them")
    else:
        yield warn(
            "the bucket keeps old versions: purged files stay in it, and stay billed",
            "suspend versioning, or add a lifecycle rule that expires noncurrent versions",
        )


def privacy(client: Any, name: str) -> Iterator[Finding]:
    switches = bucket_rules.read_public_block(client, name)
    if switches == bucket_rules.PRIVATE:
        yield ok("public access is blocked")
    elif switches is not None:
        yield warn("public access is not blocked on the bucket", SETUP)


def status(client: Any, name: str) -> Iterator[Finding]:
    if configuration.is_public(client, name):
        yield fail("the store considers the policy of the bucket public", PUBLIC_POLICY)


def encryption(client: Any, name: str) -> Iterator[Finding]:
    algorithm, key = configuration.encryption(client, name)
    if algorithm:
        yield ok(f"the bucket encrypts new objects by {algorithm}{f' with the key {key}' if key else ''}")


def locks(client: Any, name: str) -> Iterator[Finding]:
    retention = configuration.object_lock(client, name)
    if retention is None:
        return
    days = sum(retention.get(unit, 0) * length for unit, length in DAYS.items())
    if days:
        yield warn(
            f"object lock keeps the bytes of every file for {days} days, also of those that are deleted",
            "use a bucket without object lock, or remove its default retention",
        )
    else:
        yield ok("object lock is on, and keeps nothing by default")
