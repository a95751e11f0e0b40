"""A Multi-Region Access Point over two buckets that copy each other's files, and how to fail over."""

import json
from collections.abc import Sequence
from typing import Any

from shares.storage.blueprints.access_points import PRIVATE, read_policy
from shares.storage.blueprints.commands import AwsCommand
from shares.storage.blueprints.values import BlueprintValues
from shares.storage.policies.identity import VERSION
from shares.storage.policies.terraform import expression, quoted

# Requests about Multi-Region Access Points, and about the routes of one, go to these regions alone.
CONTROL_REGION, ROUTES_REGION = "us-west-2", "us-east-1"
# What AWS names the access point; it is known once it has been created.
ALIAS = "ALIAS.mrap"


def arn_of(values: BlueprintValues) -> str:
    return f"arn:{values.partition}:s3::{values.account}:accesspoint/{ALIAS}"


def role_arn(values: BlueprintValues) -> str:
    return f"arn:{values.partition}:iam::{values.account}:role/{values.name}-replication"


def trust_policy(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def replication_policy(values: BlueprintValues) -> dict[str, Any]:
    arns = [values.bucket_arn(), values.bucket_arn(values.replica)]
    objects = [f"{arn}/*" for arn in arns]
    read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    write = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    return {
        "Version": VERSION,
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": arns},
            {"Effect": "Allow", "Action": read + write, "Resource": objects},
        ],
    }


def replication(values: BlueprintValues, destination: str) -> dict[str, Any]:
    """Deletions are copied too: a file that is purged is gone from both buckets."""
    rule = {
        "ID": f"{values.name}-to-{destination}",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": values.key_prefix},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": values.bucket_arn(destination)},
    }
    return {"Role": role_arn(values), "Rules": [rule]}


def expiry_rule(values: BlueprintValues) -> dict[str, Any]:
    """Replication needs versions; those of purged files are deleted after a day."""
    rule = {
        "ID": f"{values.name}-old-versions",
        "Status": "Enabled",
        "Filter": {"Prefix": values.key_prefix},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    return {"Rules": [rule]}


def commands(values: BlueprintValues) -> Sequence[AwsCommand]:
    buckets = ((values.bucket, values.region, values.replica), (values.replica, values.replica_region, values.bucket))
    result = [_create_replica(values), *_role_commands(values)]
    for bucket, region, _ in buckets:
        versioning = {"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}}
        lifecycle = {"Bucket": bucket, "LifecycleConfiguration": expiry_rule(values)}
        result.append(AwsCommand("s3", "PutBucketVersioning", versioning, "Replication needs versions", region))
        result.append(
            AwsCommand("s3", "PutBucketLifecycleConfiguration", lifecycle, "Replaces the rules of the bucket", region)
        )
    for bucket, region, destination in buckets:
        rules = {"Bucket": bucket, "ReplicationConfiguration": replication(values, destination)}
        result.append(AwsCommand("s3", "PutBucketReplication", rules, f"Copies to {destination}", region))
    return [*result, *_access_point_commands(values)]


def _create_replica(values: BlueprintValues) -> AwsCommand:
    parameters: dict[str, Any] = {"Bucket": values.replica}
    if values.replica_region != "us-east-1":
        parameters["CreateBucketConfiguration"] = {"LocationConstraint": values.replica_region}
    return AwsCommand("s3", "CreateBucket", parameters, "The second bucket", values.replica_region)


def _role_commands(values: BlueprintValues) -> list[AwsCommand]:
    name = f"{values.name}-replication"
    trust, rights = json.dumps(trust_policy("s3.amazonaws.com")), json.dumps(replication_policy(values))
    return [
        AwsCommand(
            "iam",
            "CreateRole",
            {"RoleName": name, "AssumeRolePolicyDocument": trust},
            "The role that copies",
        ),
        AwsCommand("iam", "PutRolePolicy", {"RoleName": name, "PolicyName": "replication", "PolicyDocument": rights}),
    ]


def _access_point_commands(values: BlueprintValues) -> list[AwsCommand]:
    account = {"AccountId": values.account}
    regions = [{"Bucket": values.bucket}, {"Bucket": values.replica}]
    details = {"Name": values.name, "PublicAccessBlock": PRIVATE, "Regions": regions}
    policy = {"Name": values.name, "Policy": json.dumps(read_policy(values, arn_of(values)))}
    routes = [
        {"Bucket": values.bucket, "Region": values.region, "TrafficDialPercentage": 0},
        {"Bucket": values.replica, "Region": values.replica_region, "TrafficDialPercentage": 100},
    ]
    return [
        AwsCommand(
            "s3control",
            "CreateMultiRegionAccessPoint",
            {**account, "ClientToken": values.name, "Details": details},
            "Takes up to half an hour",
            CONTROL_REGION,
        ),
        AwsCommand(
            "s3control",
            "GetMultiRegionAccessPoint",
            {**account, "Name": values.name},
            f"Shows its alias, to write in place of {ALIAS}",
            CONTROL_REGION,
        ),
        AwsCommand(
            "s3control",
            "PutMultiRegionAccessPointPolicy",
            {**account, "ClientToken": f"{values.name}-policy", "Details": policy},
            "Who may read",
            CONTROL_REGION,
        ),
        AwsCommand(
            "s3control",
            "SubmitMultiRegionAccessPointRoutes",
            {**account, "Mrap": arn_of(values), "RouteUpdates": routes},
            f"Only to fail over: all downloads from {values.replica}. Exchange 0 and 100 to return",
            ROUTES_REGION,
        ),
    ]


def terraform(values: BlueprintValues) -> str:
    buckets = (
        ("primary", "", values.bucket, values.replica),
        ("replica", "\n  provider = aws.replica", values.replica, values.bucket),
    )
    parts = [_terraform_role(values), _terraform_access_point(values)]
    for label, provider, bucket, destination in buckets:
        parts.append(_terraform_versions(values, label, provider, bucket))
        parts.append(_terraform_replication(values, label, provider, bucket, destination))
    return "\n\n".join(parts)


def _terraform_role(values: BlueprintValues) -> str:
    return f"""provider "aws" {{
  alias  = "replica"
  region = {quoted(values.replica_region)}
}}

resource "aws_s3_bucket" "replica" {{
  provider = aws.replica
  bucket   = {quoted(values.replica)}
}}

resource "aws_iam_role" "replication" {{
  name               = {quoted(f"{values.name}-replication")}
  assume_role_policy = jsonencode({expression(trust_policy("s3.amazonaws.com"))})
}}

resource "aws_iam_role_policy" "replication" {{
  role   = aws_iam_role.replication.name
  policy = jsonencode({expression(replication_policy(values))})
}}"""


def _terraform_access_point(values: BlueprintValues) -> str:
    policy, alias = expression(read_policy(values, arn_of(values)), 4), quoted(ALIAS)
    return f"""resource "aws_s3control_multi_region_access_point" "sharesite" {{
  details {{
    name = {quoted(values.name)}

    region {{
      bucket = {quoted(values.bucket)}
    }}

    region {{
      bucket = aws_s3_bucket.replica.id
    }}
  }}
}}

resource "aws_s3control_multi_region_access_point_policy" "sharesite" {{
  details {{
    name   = {quoted(values.name)}
    policy = replace(jsonencode({policy}), {alias}, aws_s3control_multi_region_access_point.sharesite.alias)
  }}
}}"""


def _terraform_versions(values: BlueprintValues, label: str, provider: str, bucket: str) -> str:
    return f"""resource "aws_s3_bucket_versioning" "{label}" {{{provider}
  bucket = {quoted(bucket)}

  versioning_configuration {{
    status = "Enabled"
  }}
}}

resource "aws_s3_bucket_lifecycle_configuration" "{label}" {{{provider}
  bucket = {quoted(bucket)}

  rule {{
    id     = {quoted(f"{values.name}-old-versions")}
    status = "Enabled"

    filter {{
      prefix = {quoted(values.key_prefix)}
    }}

    noncurrent_version_expiration {{
      noncurrent_days = 1
    }}

    expiration {{
      expired_object_delete_marker = true
    }}

    abort_incomplete_multipart_upload {{
      days_after_initiation = 7
    }}
  }}
}}"""


def _terraform_replication(values: BlueprintValues, label: str, provider: str, bucket: str, destination: str) -> str:
    return f"""resource "aws_s3_bucket_replication_configuration" "{label}" {{{provider}
  depends_on = [aws_s3_bucket_versioning.primary, aws_s3_bucket_versioning.replica]
  bucket     = {quoted(bucket)}
  role       = aws_iam_role.replication.arn

  rule {{
    id       = {quoted(f"{values.name}-to-{destination}")}
    priority = 1
    status   = "Enabled"

    filter {{
      prefix = {quoted(values.key_prefix)}
    }}

    delete_marker_replication {{
      status = "Enabled"
    }}

    destination {{
      bucket = {quoted(values.bucket_arn(destination))}
    }}
  }}
}}"""


def settings(values: BlueprintValues) -> str:
    return f"S3_READ_BUCKET={arn_of(values)}\nS3_ACCOUNT_ID={values.account}"
