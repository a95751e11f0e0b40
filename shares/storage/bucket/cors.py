"""CORS rules: the pages that browsers let use the bucket. They do not protect the bytes; signatures do."""

import re
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from shares.storage.errors import code_of, translate_errors

ORIGIN = re.compile(r"https?://(\*|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?")
MAX_AGE_SECONDS = 3_600
# Headers that the URLs of parts and of whole objects sign, except those that browsers send by themselves.
HEADERS = [
    "content-md5",
    "content-type",
    "if-none-match",
    "x-amz-checksum-sha256",
    "x-amz-meta-owner",
    "x-amz-meta-share",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
    "x-amz-tagging",
]


def rules(origins: Sequence[str]) -> list[dict[str, Any]]:
    """The single rule: these origins may PUT parts with a checksum, read the ETag, and GET. Raises ValueError."""
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin; one looks like https://share.example.org")
    return [
        {
            "AllowedOrigins": sorted(set(origins)),
            "AllowedMethods": ["PUT", "GET"],
            "AllowedHeaders": HEADERS,
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": MAX_AGE_SECONDS,
        }
    ]


def current(client: Any, bucket: str) -> list[dict[str, Any]]:
    with translate_errors("reading the CORS rules"):
        try:
            cors_rules: list[dict[str, Any]] = client.get_bucket_cors(Bucket=bucket)["CORSRules"]
        except ClientError as error:
            if code_of(error) == "NoSuchCORSConfiguration":
                return []
            raise
    return cors_rules


def comparable(cors_rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rules without what storage adds or reorders."""
    return [
        {name: sorted(value) if isinstance(value, list) else value for name, value in rule.items() if name != "ID"}
        for rule in cors_rules
    ]


def ensure(client: Any, bucket: str, origins: Sequence[str]) -> str | None:
    """Replace all rules by ours. Returns a message, or None if they were right."""
    expected = rules(origins)
    if comparable(current(client, bucket)) == comparable(expected):
        return None
    with translate_errors("setting the CORS rules"):
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": expected})
    return f"CORS: {', '.join(sorted(set(origins)))} may upload and download"
