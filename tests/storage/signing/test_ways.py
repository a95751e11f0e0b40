"""Each way to download, with a thousand random keys, names, lifetimes and types: equal to the URL of botocore where it
makes one, and verified by the public key where it does not.
"""

import random
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.config import Config
from cryptography.exceptions import InvalidSignature

from shares.storage import DownloadWay, ShareStorage
from shares.storage.response_headers import NO_STORE, response_parameters
from tests.storage.signing.aws import ACCESS_POINT, AWS, CLOUDFRONT, KEY, MULTI_REGION, OBJECT_LAMBDA
from tests.storage.signing.verification import (
    derive_public_key,
    epoch,
    verify_asymmetric,
    verify_canned,
    verify_custom,
    verify_policy,
)

SAMPLES = 1_000
SIGNED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CALLER = "203.0.113.7"
# Characters of names in many scripts, with those that URLs, policies and headers give a meaning.
ALPHABET = "abcXYZ019 /._-~+&=?#%'\"()*,;:@$!äßçéñłőЖщחתعربहि漢字かなカナ한글🎉👍🏽\u202e\u0301"

# What our settings are to botocore: the bucket, and the options of its configuration.
WAYS: dict[str, tuple[dict[str, Any], str, dict[str, bool]]] = {
    "bucket": ({}, "shares", {}),
    "another bucket": ({"read_bucket": "shares-replica"}, "shares-replica", {}),
    "access point": ({"read_bucket": ACCESS_POINT}, ACCESS_POINT, {}),
    "alias": ({"read_bucket": "team-abcdefghijk-s3alias"}, "team-abcdefghijk-s3alias", {}),
    "object lambda": ({"read_bucket": OBJECT_LAMBDA}, OBJECT_LAMBDA, {}),
    "dual-stack": ({"dualstack": True}, "shares", {"use_dualstack_endpoint": True}),
    "dual-stack access point": (
        {"dualstack": True, "read_bucket": ACCESS_POINT},
        ACCESS_POINT,
        {"use_dualstack_endpoint": True},
    ),
    "accelerate": ({"accelerate": True}, "shares", {"use_accelerate_endpoint": True}),
    "requester pays": ({"requester_pays": True}, "shares", {}),
}


def samples(maximum: int = 604_800) -> Iterator[dict[str, Any]]:
    """Random arguments of a URL; a failure prints the seed."""
    seed = secrets.randbits(64)
    print("seed", seed)
    source = random.Random(seed)

    def text(limit: int) -> str:
        return "".join(source.choices(ALPHABET, k=source.randint(1, limit)))

    for _ in range(SAMPLES):
        yield {
            "key": source.choice([f"u/{source.randbytes(16).hex()}", text(60)]).lstrip("/") or "u/1",
            "name": text(80),
            "content_type": source.choice(["image/png", "text/plain; charset=utf-8", "application/pdf", "", "x\r\ny"]),
            "inline": source.random() < 0.5,
            "seconds": source.choice([1, 60, 120, 300, maximum, source.randint(1, maximum)]),
        }


@cache
def reference(region: str, options: tuple[tuple[str, bool], ...], signature: str = "s3v4") -> Any:
    config = Config(signature_version=signature, s3={"addressing_style": "virtual", **dict(options)})
    session = boto3.session.Session(AWS["access_key"], AWS["secret_key"])
    return session.client("s3", region_name=region, config=config)


def botocore_url(client: Any, bucket: str, sample: dict[str, Any]) -> str:
    headers = response_parameters(sample["name"], sample["content_type"], NO_STORE, inline=sample["inline"])
    params = {
        "Bucket": bucket,
        "Key": sample["key"],
        "ResponseCacheControl": headers["response-cache-control"],
        "ResponseContentDisposition": headers["response-content-disposition"],
        "ResponseContentType": headers["response-content-type"],
    }
    with patch.dict("botocore.auth.AUTH_TYPE_MAPS", {"s3v4-query": S3SigV4QueryAuth}):
        return str(client.generate_presigned_url("get_object", Params=params, ExpiresIn=sample["seconds"]))


def add_payer(request: Any, **_: object) -> None:
    """botocore signs a header here, which no browser sends; AWS accepts the parameter as well."""
    request.url += "&x-amz-request-payer=requester"


@pytest.mark.parametrize("name", WAYS)
def test_presigned_urls_are_those_of_botocore(name: str) -> None:
    options, bucket, configuration = WAYS[name]
    store = ShareStorage(**AWS | options)
    client = reference("eu-west-1", tuple(configuration.items()))
    if "requester_pays" in options:
        client.meta.events.register("before-sign.s3.GetObject", add_payer)
    try:
        with patch("botocore.auth.get_current_datetime", lambda: SIGNED_AT):
            for sample in samples():
                signed_url = store.sign_get(**sample, host="x")
                assert signed_url.url == botocore_url(client, bucket, sample), sample
                assert signed_url.expires_in == sample["seconds"]
    finally:
        client.meta.events.unregister("before-sign.s3.GetObject", add_payer)


def test_a_multi_region_access_point_is_signed_for_every_region() -> None:
    store = ShareStorage(**AWS | {"read_bucket": MULTI_REGION})
    public_key = derive_public_key(AWS["access_key"], AWS["secret_key"])
    client = reference("eu-west-1", (), "s3v4a")
    for sample in samples():
        signed_url = store.sign_get(**sample, host="x")
        query = verify_asymmetric(signed_url.url, public_key)
        assert query["X-Amz-Region-Set"] == "*"
        assert query["X-Amz-Expires"] == str(sample["seconds"])
        assert urlsplit(signed_url.url).netloc == "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com"
        expected_url = botocore_url(client, MULTI_REGION, sample)
        # Each signature contains a random number; all that is signed is the same.
        if query["X-Amz-Date"] in expected_url:
            assert signed_url.url.partition("&X-Amz-Signature")[0] == expected_url.partition("&X-Amz-Signature")[0]
        verify_asymmetric(expected_url, public_key)


def test_another_secret_key_verifies_no_multi_region_url() -> None:
    signed_url = ShareStorage(**AWS | {"read_bucket": MULTI_REGION}).sign_get(**next(samples()), host="x")
    with pytest.raises(InvalidSignature):
        verify_asymmetric(signed_url.url, derive_public_key(AWS["access_key"], "another" + AWS["secret_key"]))
    with pytest.raises(InvalidSignature):
        verify_asymmetric(
            signed_url.url.replace("response-content-type=", "response-content-type=x"),
            derive_public_key(AWS["access_key"], AWS["secret_key"]),
        )


def cloudfront(**options: Any) -> Callable[..., str]:
    store = ShareStorage(**AWS | CLOUDFRONT | options)
    return lambda **sample: store.sign_get(**sample, host="x", download_way=DownloadWay.CLOUDFRONT).url


def test_canned_policies_verify_with_the_public_key() -> None:
    sign = cloudfront()
    for sample in samples(maximum=90 * 86_400):
        earliest = epoch(datetime.now(UTC))
        url = sign(**sample)
        assert earliest <= verify_canned(url, KEY.public_key()) - sample["seconds"] <= epoch(datetime.now(UTC)), sample


def test_custom_policies_contain_start_end_and_address() -> None:
    sign = cloudfront(cloudfront_policy="custom", cloudfront_bind_address=True)
    for sample in samples(maximum=90 * 86_400):
        earliest = epoch(datetime.now(UTC))
        conditions = verify_custom(sign(**sample, address=CALLER), KEY.public_key())
        assert set(conditions) == {"DateLessThan", "DateGreaterThan", "IpAddress"}
        end, start = (conditions[name]["AWS:EpochTime"] for name in ("DateLessThan", "DateGreaterThan"))
        assert earliest <= end - sample["seconds"] <= epoch(datetime.now(UTC)), sample
        assert 59 <= end - sample["seconds"] - start <= 61
        assert conditions["IpAddress"] == {"AWS:SourceIp": f"{CALLER}/32"}


@pytest.mark.parametrize("address", ["2001:db8::7", "::ffff:203.0.113.7", ""])
def test_only_ipv4_addresses_are_bound(address: str) -> None:
    sign = cloudfront(cloudfront_policy="custom", cloudfront_bind_address=True)
    assert "IpAddress" not in verify_custom(sign(**next(samples()), address=address), KEY.public_key())


def test_a_changed_url_does_not_verify() -> None:
    for policy, verify in (("canned", verify_canned), ("custom", verify_custom)):
        url = cloudfront(cloudfront_policy=policy)(**next(samples()))
        with pytest.raises((InvalidSignature, AssertionError)):
            verify(url.replace("response-content-disposition=", "response-content-disposition=x"), KEY.public_key())


def test_only_urls_of_cloudfront_have_no_maximum() -> None:
    signers = ShareStorage(**AWS | CLOUDFRONT).download_signers
    assert {name: signer.max_seconds for name, signer in signers.items()} == {
        DownloadWay.PRESIGNED: 604_800,
        DownloadWay.CLOUDFRONT: None,
    }


def test_cookies_verify_with_the_public_key() -> None:
    domains = {"cloudfront_domain": "files.example.org", "cloudfront_cookie_domain": "example.org"}
    binding = {"cloudfront_bind_address": True, "cloudfront_policy": "custom"}
    store = ShareStorage(**AWS | CLOUDFRONT | domains | binding)
    for sample in samples(maximum=90 * 86_400):
        folder = f"u/{secrets.token_hex(16)}"
        urls, cookies = store.sign_cookies(
            folder, {f"{folder}/1": sample["name"]}, seconds=sample["seconds"], address=CALLER, cache_control=NO_STORE
        )
        values = cookies.values
        statement = verify_policy(values["CloudFront-Policy"], values["CloudFront-Signature"], KEY.public_key())
        location, _, query = statement["Resource"].partition("*?")
        assert location == f"https://files.example.org/{folder}/"
        assert urls[f"{folder}/1"].startswith(f"{location}1?{query.removesuffix('*')}")
        assert statement["Condition"]["IpAddress"] == {"AWS:SourceIp": f"{CALLER}/32"}
        assert re.fullmatch(r"[A-Za-z0-9_~-]+", values["CloudFront-Policy"] + values["CloudFront-Signature"])
