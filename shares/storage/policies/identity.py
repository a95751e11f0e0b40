"""The rights that Sharesite needs on AWS or a storage with the same policies, and no others."""

from collections.abc import Sequence
from typing import Any

from shares.storage.policies.arns import Arn, bucket_arn, objects_arn

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
    "s3:GetBucketLocation",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:PutBucketCORS",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutLifecycleConfiguration",
]
TAG_ACTION = "s3:PutObjectTagging"
KMS_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]
# The keys of files, thumbnails and the objects of the doctor, with the name of their statement.
PREFIXES = {"Objects": "u/", "Thumbnails": "t/", "Probe": "doctor/"}


def signer(
    bucket: str,
    region: str,
    kms_key_id: str | None,
    *,
    read: str = "",
    key_prefix: str = "",
    has_tags: bool = False,
) -> dict[str, Any]:
    """The identity policy for the key pair or role that the site runs with.

    ``read`` is the ARN of another access point that downloads go through; ``has_tags``: new objects are tagged.
    """
    arn = bucket_arn(bucket, region)
    actions = [*OBJECT_ACTIONS, *([TAG_ACTION] if has_tags else [])]
    statements = [
        allow(sid, actions, objects_arn(arn, f"{key_prefix}{prefix}*"))
        for sid, prefix in PREFIXES.items()
        if not arn.is_object_lambda
    ]
    if not arn.is_object_lambda:
        statements.append(allow("Bucket", BUCKET_ACTIONS, str(arn)))
    for read_arn in [bucket_arn(read, region)] if read else [arn] if arn.is_object_lambda else []:
        statements += read_statements(read_arn, key_prefix)
    if kms_key_id and kms_key_id.startswith("arn:"):
        statements.append(allow("Keys", KMS_ACTIONS, kms_key_id))
    return {"Version": VERSION, "Statement": statements}


def read_statements(arn: Arn, key_prefix: str) -> list[dict[str, Any]]:
    """The rights to download through an access point. Object Lambda calls its function in the signer's name."""
    if not arn.is_object_lambda:
        objects = [objects_arn(arn, f"{key_prefix}{prefix}*") for prefix in PREFIXES.values()]
        return [allow("Downloads", ["s3:GetObject"], objects)]
    function = f"arn:{arn.partition}:lambda:{arn.region}:{arn.account}:function:*"
    called = {"ForAnyValue:StringEquals": {"aws:CalledVia": [f"{arn.service}.amazonaws.com"]}}
    return [
        allow("Downloads", [f"{arn.service}:GetObject"], str(arn)),
        allow("Transformation", ["lambda:InvokeFunction"], function) | {"Condition": called},
    ]


def setup(bucket: str, region: str) -> dict[str, Any]:
    """The identity policy for running ``manage.py storage setup``."""
    arn = bucket_arn(bucket, region)
    if arn.is_access_point:
        raise ValueError(f"{bucket} is an access point: name its bucket with --arn, which is what is set up.")
    return {"Version": VERSION, "Statement": [allow("Setup", SETUP_ACTIONS, str(arn))]}


def allow(sid: str, actions: Sequence[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": [*actions], "Resource": resource}
