"""The rules of the bucket: it exists, is private, aborts abandoned uploads, and allows requests of our pages."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shares import errors
from shares.storage.bucket import cors
from shares.storage.errors import Denied, code_of, reason, status_of, translate_errors, unsupported

logger = logging.getLogger(__name__)

RULE_ID = "abort-forgotten-uploads"
# In addition to the sweep, and later than any sensible idle limit, so that the sweep comes first.
ABORT_DAYS = 7
ABORT_RULE = {
    "ID": RULE_ID,
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
}

PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# Most storages lack one of these; the site works without any of them.
OWN_WAY = {
    "CORS rules": "set them the store's own way, so that pages at {origins} may PUT and GET with any header; "
    "MinIO: MINIO_API_CORS_ALLOW_ORIGIN={origins}",
    "lifecycle rules": "the site gives up idle uploads by itself",
    "public access rules": "see to it that the bucket is private",
}


def setup(client: Any, bucket: str, region: str, origins: Sequence[str]) -> list[str]:
    """Take every step, even if another one fails. Returns a sentence for each result.

    A step that the key pair may not take is left to a person with more rights, one that storage does not support to its
    own tools. Raises ``errors.StorageUnavailable`` if one failed otherwise, after all were tried.
    """
    steps: dict[str, Callable[[], str | None]] = {
        "CORS rules": lambda: cors.ensure(client, bucket, origins),
        "lifecycle rules": lambda: abort_rule(client, bucket),
        "public access rules": lambda: block_public(client, bucket),
    }
    results, failures = [create(client, bucket, region)], list[errors.StorageUnavailable]()
    for name, step in steps.items():
        try:
            results.append(step())
        except Denied:
            results.append(f"{name}: left as they are, this key pair may not change them")
        except errors.StorageUnsupported as refusal:
            own_way = OWN_WAY[name].format(origins=",".join(sorted(set(origins))))
            results.append(f"{name}: not known to this store ({reason(refusal)[0]}); {own_way}")
        except errors.StorageUnavailable as refusal:
            failures.append(refusal)
    messages = [line for line in results if line]
    if failures:
        for line in messages:
            logger.info("storage: %s", line)
        raise failures[0]
    return messages


def create(client: Any, bucket: str, region: str) -> str | None:
    """Without the right to create it, or if storage creates buckets otherwise, a person has to create it."""
    try:
        return create_missing(client, bucket, region)
    except (Denied, errors.StorageUnsupported) as refusal:
        return f"bucket {bucket}: cannot be created here ({reason(refusal)[0]}); create it with the store's own tools"


def create_missing(client: Any, bucket: str, region: str) -> str | None:
    with translate_errors("looking for the bucket"):
        try:
            client.head_bucket(Bucket=bucket)
            return None
        except ClientError as error:
            if status_of(error) != 404:
                raise
    # us-east-1 is the only region that must not be named.
    location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with translate_errors("creating the bucket"):
        try:
            client.create_bucket(Bucket=bucket, **location)
        except ClientError as error:
            if code_of(error) != "BucketAlreadyOwnedByYou":  # Another process of this site was faster.
                raise
    return f"bucket {bucket} created"


def lifecycle_rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    with translate_errors("reading the lifecycle rules"):
        try:
            rules: list[dict[str, Any]] = client.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", [])
        except ClientError as error:
            if code_of(error) == "NoSuchLifecycleConfiguration":
                return []
            raise
    return rules


def has_abort_rule(rule: dict[str, Any]) -> bool:
    days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
    return rule.get("Status") == "Enabled" and bool(days)


def expires_versions(rule: dict[str, Any]) -> bool:
    """Whether a rule deletes old versions of all objects."""
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    days = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
    return rule.get("Status") == "Enabled" and bool(days) and not prefix


def abort_rule(client: Any, bucket: str) -> str | None:
    """Add our rule to the existing ones, which stay."""
    rules = lifecycle_rules(client, bucket)
    if any(has_abort_rule(rule) for rule in rules):
        return None
    other_rules = [rule for rule in rules if rule.get("ID") != RULE_ID]
    with translate_errors("setting the lifecycle rules"):
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [*other_rules, ABORT_RULE]}
        )
    return f"lifecycle: uploads left open are dropped after {ABORT_DAYS} days"


def read_public_block(client: Any, bucket: str) -> dict[str, bool] | None:
    """The four switches; {} if they were never set, None if storage does not support them."""
    with translate_errors("reading the public access block"):
        try:
            switches: dict[str, bool] = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        except ClientError as error:
            if unsupported(status_of(error), code_of(error)):
                return None
            if code_of(error) != "NoSuchPublicAccessBlockConfiguration":
                raise
            return {}
    return switches


def block_public(client: Any, bucket: str) -> str | None:
    """Block public access, if storage supports that: most do not, and the doctor tests public access anyway."""
    if read_public_block(client, bucket) in (None, PRIVATE):
        return None
    with translate_errors("blocking public access"):
        client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=PRIVATE)
    return "public access blocked"


def is_versioned(client: Any, bucket: str) -> bool:
    """Whether old versions of deleted objects are kept."""
    with translate_errors("reading the versioning state"):
        return bool(client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")
