"""The bucket's own rules: it exists, is private, drops forgotten uploads, and lets our pages in."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shares.storage import cors
from shares.storage.faults import Denied, code_of, status_of, translated

RULE_ID = "abort-forgotten-uploads"
# The belt to the sweep's braces: later than any idle limit that makes sense, so that the sweep stays in charge.
ABORT_DAYS = 7

PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# How stores say that they do not know an operation.
UNKNOWN = {"NotImplemented", "MethodNotAllowed", "UnsupportedOperation", "XNotImplemented", "NotSupported"}


def setup(client: Any, bucket: str, region: str, origins: Sequence[str]) -> list[str]:
    """Step by step; a step that our key pair may not take is left out, and said: a person with more rights took it."""
    steps: dict[str, Callable[[], str | None]] = {
        "CORS rules": lambda: cors.ensure(client, bucket, origins),
        "lifecycle rules": lambda: abort_rule(client, bucket),
        "public access rules": lambda: block_public(client, bucket),
    }
    done = [create(client, bucket, region)]
    for what, step in steps.items():
        try:
            done.append(step())
        except Denied:
            done.append(f"{what}: left as they are, this key pair may not change them")
    return [line for line in done if line]


def create(client: Any, bucket: str, region: str) -> str | None:
    with translated("looking for the bucket"):
        try:
            client.head_bucket(Bucket=bucket)
            return None
        except ClientError as fault:
            if status_of(fault) != 404:
                raise
    # us-east-1 is the one region that must not be named.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with translated("creating the bucket"):
        try:
            client.create_bucket(Bucket=bucket, **where)
        except ClientError as fault:
            if code_of(fault) != "BucketAlreadyOwnedByYou":  # somebody of ours was quicker
                raise
    return f"bucket {bucket} created"


def lifecycle_rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    with translated("reading the lifecycle rules"):
        try:
            found: list[dict[str, Any]] = client.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", [])
        except ClientError as fault:
            if code_of(fault) == "NoSuchLifecycleConfiguration":
                return []
            raise
    return found


def aborts(rule: dict[str, Any]) -> bool:
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return rule.get("Status") == "Enabled" and bool(days)


def abort_rule(client: Any, bucket: str) -> str | None:
    """Add our rule to those that are there; the operator's own stay."""
    found = lifecycle_rules(client, bucket)
    if any(aborts(rule) for rule in found):
        return None
    ours = {
        "ID": RULE_ID,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
    }
    others = [rule for rule in found if rule.get("ID") != RULE_ID]
    with translated("setting the lifecycle rules"):
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, ours]})
    return f"lifecycle: uploads left open are dropped after {ABORT_DAYS} days"


def read_public_block(client: Any, bucket: str) -> dict[str, bool] | None:
    """The four switches as they are, {} where never set, None where the store knows no such thing."""
    with translated("reading the public access block"):
        try:
            found: dict[str, bool] = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        except ClientError as fault:
            if code_of(fault) in UNKNOWN or status_of(fault) in {405, 501}:
                return None
            if code_of(fault) != "NoSuchPublicAccessBlockConfiguration":
                raise
            return {}
    return found


def block_public(client: Any, bucket: str) -> str | None:
    """Close every public way in, where the store knows that switch (AWS does; most others do not)."""
    if read_public_block(client, bucket) in (None, PRIVATE):
        return None
    with translated("blocking public access"):
        client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=PRIVATE)
    return "public access blocked"


def versioned(client: Any, bucket: str) -> bool:
    """Whether deleted objects stay as old versions."""
    with translated("reading the versioning state"):
        return bool(client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")
