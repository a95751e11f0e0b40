"""The printed policies and rules as Terraform, for the AWS provider (version 5 or later)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from shares.storage.policies.arns import Arn

LABEL = "sharesite"


def quoted(value: str) -> str:
    """A string of HCL, in which ``${`` and ``%{`` begin a template."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"([$%])\{", r"\1\1{", text)


def expression(value: Any, indent: int = 2) -> str:
    """A value of JSON as an expression of HCL."""
    pad = " " * indent
    if isinstance(value, dict):
        fields = [f"{pad}  {quoted(name)} = {expression(item, indent + 2)}" for name, item in value.items()]
        return "\n".join(["{", *fields, f"{pad}}}"])
    if isinstance(value, list):
        return "\n".join(["[", *(f"{pad}  {expression(item, indent + 2)}," for item in value), f"{pad}]"])
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def resource(kind: str, *lines: str) -> str:
    return "\n".join([f'resource "{kind}" "{LABEL}" {{', *(f"  {line}" for line in lines), "}"])


def identity_policy(document: dict[str, Any]) -> str:
    """A managed policy, to attach to the role or user of the site."""
    return resource("aws_iam_policy", f'name   = "{LABEL}"', f"policy = jsonencode({expression(document)})")


def resource_policy(document: dict[str, Any], arn: Arn) -> str:
    """The policy of a bucket, of an access point, or of an Object Lambda access point."""
    policy = f"policy = jsonencode({expression(document)})"
    name = arn.resource.removeprefix("accesspoint/")
    if arn.is_object_lambda:
        account = f"account_id = {quoted(arn.account)}"
        return resource("aws_s3control_object_lambda_access_point_policy", account, f"name = {quoted(name)}", policy)
    if arn.is_multi_region:
        details = [f"name   = {quoted(name)}", f"policy = jsonencode({expression(document, 4)})"]
        block = ["details {", *(f"  {line}" for line in details), "}"]
        return resource("aws_s3control_multi_region_access_point_policy", f"account_id = {quoted(arn.account)}", *block)
    if arn.is_access_point:
        return resource("aws_s3control_access_point_policy", f"access_point_arn = {quoted(str(arn))}", policy)
    return resource("aws_s3_bucket_policy", f"bucket = {quoted(arn.resource)}", policy)


def cors(bucket: str, rules: Sequence[dict[str, Any]]) -> str:
    names = {
        "AllowedOrigins": "allowed_origins",
        "AllowedMethods": "allowed_methods",
        "AllowedHeaders": "allowed_headers",
        "ExposeHeaders": "expose_headers",
        "MaxAgeSeconds": "max_age_seconds",
    }
    blocks = [
        ["cors_rule {", *(f"  {names[name]} = {json.dumps(value)}" for name, value in rule.items()), "}"]
        for rule in rules
    ]
    return resource(
        "aws_s3_bucket_cors_configuration", f"bucket = {quoted(bucket)}", *(line for block in blocks for line in block)
    )


def lifecycle(bucket: str, rule: dict[str, Any]) -> str:
    """The rule that aborts incomplete uploads."""
    days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
    return resource(
        "aws_s3_bucket_lifecycle_configuration",
        f"bucket = {quoted(bucket)}",
        "rule {",
        f"  id     = {quoted(rule['ID'])}",
        f"  status = {quoted(rule['Status'])}",
        "  filter {}",
        "  abort_incomplete_multipart_upload {",
        f"    days_after_initiation = {days}",
        "  }",
        "}",
    )
