"""The grammar of policies as a JSON schema, and the checks that it cannot express.

Source: AWS Identity and Access Management user guide, "Grammar of the IAM JSON policy language"; Amazon S3 user guide,
"Bucket policies"; service authorization reference.
"""

from typing import Any

import jsonschema

# The actions that a policy of this product may name; a misspelled one has no effect on AWS.
ACTIONS = {
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "lambda:InvokeFunction",
    "s3-object-lambda:*",
    "s3-object-lambda:GetObject",
    "s3:*",
    "s3:AbortMultipartUpload",
    "s3:CreateBucket",
    "s3:DeleteObject",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutBucketCORS",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutLifecycleConfiguration",
    "s3:PutObject",
    "s3:PutObjectTagging",
}
# The operator that fits the type of a key.
KEYS = {
    "aws:calledvia": "String",
    "aws:principalarn": "Arn",
    "aws:securetransport": "Bool",
    "aws:sourceip": "IpAddress",
    "aws:sourcevpc": "String",
    "aws:sourcevpce": "String",
    "s3-object-lambda:authtype": "String",
    "s3-object-lambda:signatureage": "Numeric",
    "s3:authtype": "String",
    "s3:signatureage": "Numeric",
    "s3:signatureversion": "String",
    "s3:x-amz-server-side-encryption": "String",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "String",
}
OPERATOR = (
    "^(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals(IgnoreCase)?|Like)|Numeric(Not)?Equals"
    "|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals"
    "|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$"
)
STRINGS = {"oneOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
CONDITION = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "patternProperties": {OPERATOR: {"type": "object", "minProperties": 1, "additionalProperties": STRINGS}},
}
STATEMENT: dict[str, Any] = {
    "type": "object",
    "required": ["Sid", "Effect", "Action", "Resource"],
    "additionalProperties": False,
    "properties": {
        "Sid": {"type": "string", "pattern": "^[0-9A-Za-z]+$"},
        "Effect": {"enum": ["Allow", "Deny"]},
        "Principal": {"const": "*"},
        "Action": STRINGS,
        "Resource": STRINGS,
        "Condition": CONDITION,
    },
}
POLICY = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["Version", "Statement"],
    "additionalProperties": False,
    "properties": {
        "Version": {"const": "2012-10-17"},
        "Statement": {"type": "array", "minItems": 1, "items": STATEMENT},
    },
}
# The longest policy of a bucket, in bytes.
MAX_BYTES = 20_480


def strings(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


def check_policy(document: dict[str, Any], *, of_bucket: bool) -> None:
    """Fail if AWS would not accept the document, or a statement in it would have no effect."""
    jsonschema.validate(document, POLICY)
    statements = document["Statement"]
    assert len({statement["Sid"] for statement in statements}) == len(statements)
    for statement in statements:
        # Only the policy of a resource has principals.
        assert ("Principal" in statement) is of_bucket
        actions, resources = strings(statement["Action"]), strings(statement["Resource"])
        assert set(actions) <= ACTIONS
        assert all(resource.startswith(("arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:")) for resource in resources)
        services = {action.partition(":")[0] for action in actions}
        assert {resource.split(":")[2] for resource in resources} == services
        for operator, keys in statement.get("Condition", {}).items():
            base = operator.rpartition(":")[2].removesuffix("IfExists").replace("Not", "")
            assert all(base.startswith(KEYS[key.lower()]) for key in keys), operator
