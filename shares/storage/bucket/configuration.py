"""What somebody configured on the bucket beside the rules of the site: policy, encryption, object lock, region."""

from typing import Any

from botocore.exceptions import ClientError

from shares.storage.errors import code_of, translate_errors


def read(client: Any, operation: str, bucket: str, *absent: str) -> dict[str, Any] | None:
    """The response to a ``get_…`` operation; None if storage responds with a code in ``absent``."""
    with translate_errors(f"reading the configuration of the bucket ({operation})"):
        try:
            response: dict[str, Any] = getattr(client, operation)(Bucket=bucket)
        except ClientError as error:
            if code_of(error) in absent:
                return None
            raise
    return response


def policy(client: Any, bucket: str) -> str:
    """The text of the bucket policy; "" if there is none."""
    response = read(client, "get_bucket_policy", bucket, "NoSuchBucketPolicy")
    return str(response["Policy"]) if response else ""


def is_public(client: Any, bucket: str) -> bool:
    """Whether storage considers the policy of the bucket public."""
    response = read(client, "get_bucket_policy_status", bucket, "NoSuchBucketPolicy")
    return bool(response and response["PolicyStatus"].get("IsPublic"))


def encryption(client: Any, bucket: str) -> tuple[str, str]:
    """The default encryption of new objects and its key; both may be empty."""
    response = read(client, "get_bucket_encryption", bucket, "ServerSideEncryptionConfigurationNotFoundError")
    rules = response["ServerSideEncryptionConfiguration"].get("Rules", []) if response else []
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    return default.get("SSEAlgorithm", ""), default.get("KMSMasterKeyID", "")


def object_lock(client: Any, bucket: str) -> dict[str, Any] | None:
    """The default retention of new objects, empty if there is none; None without object lock."""
    response = read(client, "get_object_lock_configuration", bucket, "ObjectLockConfigurationNotFoundError")
    configuration = response.get("ObjectLockConfiguration", {}) if response else {}
    if configuration.get("ObjectLockEnabled") != "Enabled":
        return None
    retention: dict[str, Any] = configuration.get("Rule", {}).get("DefaultRetention", {})
    return retention


def region(client: Any, bucket: str) -> str:
    """The region of the bucket."""
    response = read(client, "get_bucket_location", bucket) or {}
    names = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
    location: str | None = response.get("LocationConstraint")
    return names.get(location, location or "")
