"""An access point for downloads, from anywhere or from one VPC, and a bucket that delegates to its access points."""

import json
from collections.abc import Sequence
from typing import Any

from shares.storage.blueprints.commands import AwsCommand
from shares.storage.blueprints.values import BlueprintValues
from shares.storage.policies.identity import VERSION
from shares.storage.policies.terraform import expression, quoted

PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def read_policy(values: BlueprintValues, arn: str) -> dict[str, Any]:
    """The policy of an access point: the site may read files and thumbnails through it."""
    prefix = f"{arn}/object/{values.key_prefix}"
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": values.readers},
                "Action": "s3:GetObject",
                "Resource": [f"{prefix}u/*", f"{prefix}t/*"],
            }
        ],
    }


def delegation_policy(values: BlueprintValues) -> dict[str, Any]:
    """The policy of a bucket that leaves all decisions to the access points of its account."""
    arn = values.bucket_arn()
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "DelegateToAccessPoints",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"StringEquals": {"s3:DataAccessPointAccount": values.account}},
            }
        ],
    }


def access_point_commands(values: BlueprintValues) -> Sequence[AwsCommand]:
    return _commands(values, {})


def vpc_commands(values: BlueprintValues) -> Sequence[AwsCommand]:
    return _commands(values, {"VpcConfiguration": {"VpcId": values.vpc}})


def delegation_commands(values: BlueprintValues) -> Sequence[AwsCommand]:
    command = AwsCommand(
        "s3",
        "PutBucketPolicy",
        {"Bucket": values.bucket, "Policy": json.dumps(delegation_policy(values))},
        "Replaces the policy of the bucket: add this statement to one that you have.",
        values.region,
    )
    return [*access_point_commands(values), command]


def _commands(values: BlueprintValues, network: dict[str, Any]) -> list[AwsCommand]:
    point = {"AccountId": values.account, "Name": values.name}
    create = {**point, "Bucket": values.bucket, **network, "PublicAccessBlockConfiguration": PRIVATE}
    policy = json.dumps(read_policy(values, values.access_point_arn))
    return [
        AwsCommand("s3control", "CreateAccessPoint", create, "An access point for downloads", values.region),
        AwsCommand("s3control", "PutAccessPointPolicy", {**point, "Policy": policy}, "Who may read", values.region),
    ]


def access_point_terraform(values: BlueprintValues) -> str:
    return _terraform(values, "")


def vpc_terraform(values: BlueprintValues) -> str:
    return _terraform(values, f"\n  vpc_configuration {{\n    vpc_id = {quoted(values.vpc)}\n  }}\n")


def delegation_terraform(values: BlueprintValues) -> str:
    policy = expression(delegation_policy(values))
    return f"""{access_point_terraform(values)}

# The policy of the bucket as a whole: add the statement to one that you have.
resource "aws_s3_bucket_policy" "sharesite" {{
  bucket = {quoted(values.bucket)}
  policy = jsonencode({policy})
}}"""


def _terraform(values: BlueprintValues, network: str) -> str:
    policy = expression(read_policy(values, values.access_point_arn))
    return f"""resource "aws_s3_access_point" "sharesite" {{
  account_id = {quoted(values.account)}
  bucket     = {quoted(values.bucket)}
  name       = {quoted(values.name)}
{network}
  public_access_block_configuration {{
    block_public_acls       = true
    ignore_public_acls      = true
    block_public_policy     = true
    restrict_public_buckets = true
  }}

  lifecycle {{
    ignore_changes = [policy]
  }}
}}

resource "aws_s3control_access_point_policy" "sharesite" {{
  access_point_arn = aws_s3_access_point.sharesite.arn
  policy           = jsonencode({policy})
}}"""


def settings(values: BlueprintValues) -> str:
    return f"S3_READ_BUCKET={values.access_point_arn}\nS3_ACCOUNT_ID={values.account}"
