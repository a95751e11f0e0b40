"""The rights that Sharesite needs on AWS or a storage with the same policies, and no others."""

from typing import Any

VERSION = "2012-10-17"

# For running the site: sign, upload, purge, reconcile.
OBJECT_ACTIONS = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]
BUCKET_ACTIONS = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
# In addition for `manage.py storage setup` and the doctor's checks of the bucket; not needed afterwards.
SETUP_ACTIONS = [
    "s3:CreateBucket",
    "s3:GetBucketCORS",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:PutBucketCORS",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutLifecycleConfiguration",
]
# Aliases of access points in place of bucket names; policies need the ARN.
ALIAS_ENDINGS = ("-s3alias", "--op-s3", "--ol-s3")
KMS_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


def bucket_arn(bucket: str, region: str) -> str:
    """Raises ValueError for an alias, which does not contain the account and the name of the access point."""
    if bucket.endswith(ALIAS_ENDINGS):
        raise ValueError(f"{bucket} is the alias of an access point: name its ARN with --arn.")
    partitions = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    partition = next((name for prefix, name in partitions.items() if region.startswith(prefix)), "aws")
    return bucket if bucket.startswith("arn:") else f"arn:{partition}:s3:::{bucket}"


def objects_arn(arn: str) -> str:
    """The prefix of object keys: access points have another segment."""
    return f"{arn}/object" if ":accesspoint/" in arn else arn


def signer(bucket: str, region: str, kms_key_id: str | None) -> dict[str, Any]:
    """The identity policy for the key pair or role that the site runs with."""
    arn = bucket_arn(bucket, region)
    statements = [
        allow("Objects", OBJECT_ACTIONS, f"{objects_arn(arn)}/u/*"),
        allow("Thumbnails", OBJECT_ACTIONS, f"{objects_arn(arn)}/t/*"),
        allow("Probe", OBJECT_ACTIONS, f"{objects_arn(arn)}/doctor/*"),
        allow("Bucket", BUCKET_ACTIONS, arn),
    ]
    if kms_key_id and kms_key_id.startswith("arn:"):
        statements.append(allow("Keys", KMS_ACTIONS, kms_key_id))
    return {"Version": VERSION, "Statement": statements}


def setup(bucket: str, region: str) -> dict[str, Any]:
    """The identity policy for running ``manage.py storage setup``."""
    return {"Version": VERSION, "Statement": [allow("Setup", SETUP_ACTIONS, bucket_arn(bucket, region))]}


def guard(bucket: str, region: str, seconds: int) -> dict[str, Any]:
    """A bucket policy that refuses plain HTTP, old signature versions, and signed URLs older than ``seconds``.

    It grants nothing. ``s3:signatureAge`` is in milliseconds.
    """
    arn = bucket_arn(bucket, region)
    return {
        "Version": VERSION,
        "Statement": [
            deny("NoPlainHttp", arn, {"Bool": {"aws:SecureTransport": "false"}}),
            deny("NoOldSignatures", arn, {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}),
            deny("NoStaleSignatures", arn, {"NumericGreaterThan": {"s3:signatureAge": str(seconds * 1000)}}),
        ],
    }


def allow(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


def deny(sid: str, arn: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{objects_arn(arn)}/*"],
        "Condition": condition,
    }
