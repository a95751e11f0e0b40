"""Settings of the ways to download that would fail at the first download: refused at the start, in plain words."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from shares.storage import ShareStorage
from shares.storage.signing.read_buckets import ReadKind, parse_read_bucket
from tests.storage.signing.aws import ACCESS_POINT, AWS, MULTI_REGION, OBJECT_LAMBDA


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shares-replica", ReadKind.BUCKET),
        (ACCESS_POINT, ReadKind.ACCESS_POINT),
        (ACCESS_POINT.replace("accesspoint/", "accesspoint:"), ReadKind.ACCESS_POINT),
        ("team-abcdefghijk-s3alias", ReadKind.ACCESS_POINT),
        (MULTI_REGION, ReadKind.MULTI_REGION),
        (OBJECT_LAMBDA, ReadKind.OBJECT_LAMBDA),
        ("redact-abcdefghijk--ol-s3", ReadKind.OBJECT_LAMBDA),
    ],
)
def test_what_a_name_means(name: str, kind: ReadKind) -> None:
    assert parse_read_bucket(name).kind is kind
    assert ShareStorage(**AWS | {"read_bucket": name}).rewrites_objects == (kind is ReadKind.OBJECT_LAMBDA)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"read_bucket": ACCESS_POINT.replace("123456789012", "210987654321")}, "account 210987654321"),
        ({"read_bucket": MULTI_REGION.replace("123456789012", "210987654321")}, "account 210987654321"),
        ({"read_bucket": ACCESS_POINT.replace("123456789012", "1234")}, "12 digits"),
        ({"read_bucket": ACCESS_POINT, "account_id": None}, "S3_ACCOUNT_ID is not set"),
        ({"read_bucket": ACCESS_POINT.replace("eu-west-1", "us-east-1")}, "region us-east-1"),
        ({"read_bucket": OBJECT_LAMBDA.replace("eu-west-1", "us-east-1")}, "region us-east-1"),
        ({"read_bucket": ACCESS_POINT.replace("eu-west-1", "")}, "names no Multi-Region"),
        ({"read_bucket": OBJECT_LAMBDA.replace("eu-west-1", "")}, "no legal name"),
        ({"read_bucket": ACCESS_POINT.replace("aws:", "aws-cn:", 1)}, "partition aws-cn"),
        ({"read_bucket": "arn:aws:sqs:eu-west-1:123456789012:accesspoint/a"}, "service 'sqs'"),
        ({"read_bucket": "arn:aws:s3-outposts:eu-west-1:123456789012:outpost/o/accesspoint/a"}, "'s3-outposts'"),
        ({"read_bucket": "arn:aws:s3:::shares"}, "by its name alone"),
        ({"read_bucket": "arn:aws:s3:eu-west-1:123456789012:job/1"}, "no access point"),
        ({"read_bucket": "arn:aws:s3"}, "too few fields"),
        ({"read_bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/"}, "no legal name"),
        ({"read_bucket": "mfzwi23gnjvgw.mrap"}, "write its ARN"),
        ({"read_bucket": "Not A Bucket"}, "no name of a bucket"),
        ({"read_bucket": ACCESS_POINT, "endpoint_url": "https://s3.example.org"}, "S3_ENDPOINT_URL"),
        ({"account_id": "12-34"}, "12 digits"),
        ({"dualstack": True, "endpoint_url": "https://s3.example.org"}, "S3_DUALSTACK"),
        ({"accelerate": True, "public_endpoint_url": "https://s3.example.org"}, "S3_ACCELERATE"),
        ({"accelerate": True, "addressing_style": "path"}, "virtual addressing"),
        ({"accelerate": True, "bucket_name": "shares.example.org"}, "no dots"),
        ({"accelerate": True, "read_bucket": ACCESS_POINT}, "no accelerated address"),
        ({"cloudfront_policy": "custom"}, "CLOUDFRONT_DOMAIN"),
        ({"key_prefix": "a//b"}, "S3_KEY_PREFIX"),
        ({"key_prefix": "é"}, "S3_KEY_PREFIX"),
        ({"cloudfront_cookie_domain": "example.org"}, "CLOUDFRONT_COOKIE_DOMAIN"),
        ({"cloudfront_bind_address": True}, "CLOUDFRONT_POLICY=custom"),
    ],
)
def test_what_would_fail_later_is_refused_at_the_start(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        ShareStorage(**AWS | options)
    assert text in str(refusal.value)


def test_a_multi_region_access_point_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(__import__("botocore.auth").auth.AUTH_TYPE_MAPS, "s3v4a-query")
    with pytest.raises(ImproperlyConfigured, match=r"requirements-mrap\.txt"):
        ShareStorage(**AWS | {"read_bucket": MULTI_REGION})
