"""Settings that would sign wrongly do not start."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from shares.storage import ShareStorage

GOOD = {"bucket_name": "shares", "region_name": "us-east-1", "access_key": "AK", "secret_key": "SK"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"bucket_name": ""}, "S3_BUCKET"),
        ({"region_name": ""}, "S3_REGION"),
        ({"addressing_style": "auto"}, "S3_ADDRESSING_STYLE"),
        ({"addressing_style": "virtual", "public_endpoint_url": "https://{host}"}, "{host}"),
        ({"public_endpoint_url": "https://{name}"}, "{host}"),
        ({"bucket_name": "arn:aws:s3::123456789012:accesspoint/abc.mrap"}, "Multi-Region"),
        ({"bucket_name": "mfzwi23gnjvgw.mrap"}, "Multi-Region"),
        ({"checksums": "crc32"}, "S3_CHECKSUMS"),
        ({"credentials_end": "tomorrow"}, "AWS_CREDENTIAL_EXPIRATION"),
        ({"signature_version": "s3"}, "s3v4"),
        ({"custom_domain": "cdn.example.org"}, "CLOUDFRONT_KEY"),
        ({"cloudfront_domain": "cdn.example.org"}, "CLOUDFRONT_KEY"),
        ({"cloudfront_domain": "cdn.example.org", "cloudfront_key_id": "K1"}, "cloudfront_key"),
        ({"kms_key_id": "arn:aws:kms:eu-west-1:1:key/1"}, "S3_SSE"),
    ],
)
def test_invalid_settings_do_not_start(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        ShareStorage(**(GOOD | options))
    assert word in str(refusal.value)


def test_aws_needs_no_endpoint_and_signs_for_the_region() -> None:
    aws = ShareStorage(**GOOD | {"region_name": "eu-west-1", "addressing_style": "virtual"})
    assert aws.endpoints.public_origin("any.example") == "https://shares.s3.eu-west-1.amazonaws.com"
    url = aws.sign_get("u/1", name="a", content_type="", inline=False, seconds=60, host="any.example").url
    assert url.startswith("https://shares.s3.eu-west-1.amazonaws.com/u/1?")
    assert "%2Feu-west-1%2Fs3%2Faws4_request" in url


def test_encryption_goes_with_what_creates_objects() -> None:
    kms = ShareStorage(**GOOD | {"sse": "aws:kms", "kms_key_id": "arn:aws:kms:eu-west-1:1:key/1"})
    assert kms.encryption() == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:eu-west-1:1:key/1"}
    assert ShareStorage(**GOOD | {"sse": ""}).encryption() == {}
