"""The fast signer returns exactly the URLs of botocore, for every object, time, place and key."""

import base64
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from shares.storage import Part
from shares.storage.response_headers import NO_STORE, response_parameters
from shares.storage.signing.endpoints import at_host, resolve
from shares.storage.signing.signer import MAX_SECONDS, Signer
from shares.storage.signing.uploads import sign_part

BUCKET = "shares-bucket"
LOCATIONS = [
    ("http://127.0.0.1:8333", "us-east-1", "path"),
    ("http://[::1]:8333", "us-east-1", "path"),
    ("https://s3.example.org", "eu-west-1", "path"),
    ("https://s3.example.org:443/", "eu-west-1", "virtual"),
    ("https://store.example.org/behind/a/path", "garage", "path"),
    (None, "us-east-1", "virtual"),
    (None, "eu-central-1", "virtual"),
    (None, "cn-north-1", "path"),
]
text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
key_names = text.filter(lambda key: len(key.encode()) <= 1024)
secret_keys = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=16, max_size=40)
credentials = st.builds(Credentials, text.map(lambda t: t.encode().hex()[:20]), secret_keys, st.none() | text)
times = st.datetimes(datetime(2020, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - it wants naive bounds
lives = st.integers(1, MAX_SECONDS)
locations = st.sampled_from(LOCATIONS)
parts = st.builds(Part, st.integers(1, 10_000), st.integers(1, 2**40), st.binary(min_size=32, max_size=32))


@cache
def reference(endpoint: str | None, region: str, style: str) -> Any:
    config = Config(
        signature_version="s3v4", s3={"addressing_style": style}, request_checksum_calculation="when_required"
    )
    session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x")
    return session.client("s3", region_name=region, endpoint_url=endpoint, config=config)


def slow_url(
    location: tuple[Any, ...], signing_credentials: Credentials, method: str, params: dict[str, Any], seconds: int
) -> str:
    client = reference(*location)
    client._request_signer._credentials = signing_credentials
    # With awscrt, botocore signs in C, by the clock of the machine and with the parameters in another order.
    with patch.dict("botocore.auth.AUTH_TYPE_MAPS", {"s3v4-query": S3SigV4QueryAuth}):
        return str(client.generate_presigned_url(method, Params={"Bucket": BUCKET, **params}, ExpiresIn=seconds))


def fast(location: tuple[Any, ...], signing_credentials: Credentials) -> Signer:
    url, region, style = location
    return Signer(resolve(url, BUCKET, region, style), signing_credentials.get_frozen_credentials())


@settings(deadline=None)
@given(locations, credentials, key_names, text, st.booleans(), times, lives)
def test_a_download_is_signed_as_botocore_would(
    location: tuple[Any, ...],
    signing_credentials: Credentials,
    key: str,
    name: str,
    inline: bool,
    signed_at: datetime,
    seconds: int,
) -> None:
    response_headers = response_parameters(name, "image/png", NO_STORE, inline=inline)
    params = {
        "Key": key,
        "ResponseCacheControl": response_headers["response-cache-control"],
        "ResponseContentDisposition": response_headers["response-content-disposition"],
        "ResponseContentType": response_headers["response-content-type"],
    }
    with patch("botocore.auth.get_current_datetime", lambda: signed_at):
        expected_url = slow_url(location, signing_credentials, "get_object", params, seconds)
        assert (
            fast(location, signing_credentials).url("GET", key, query=response_headers, headers={}, seconds=seconds)
            == expected_url
        )


@settings(deadline=None)
@given(locations, credentials, key_names, text, parts, times, lives)
def test_a_part_is_signed_as_botocore_would(
    location: tuple[Any, ...],
    signing_credentials: Credentials,
    key: str,
    upload: str,
    part: Part,
    signed_at: datetime,
    seconds: int,
) -> None:
    checksum = base64.b64encode(part.sha256).decode()
    params = {
        "Key": key,
        "UploadId": upload,
        "PartNumber": part.number,
        "ContentLength": part.size,
        "ChecksumSHA256": checksum,
    }
    with patch("botocore.auth.get_current_datetime", lambda: signed_at):
        signed_part = sign_part(fast(location, signing_credentials), key, upload, part, seconds)
        assert signed_part.url == slow_url(location, signing_credentials, "upload_part", params, seconds)
    assert signed_part.headers == {"x-amz-checksum-sha256": checksum}
    assert "content-length%3Bhost%3Bx-amz-checksum-sha256" in signed_part.url


@pytest.mark.parametrize("host", ["127.0.0.1", "box.lan", "::1", "[fe80::1]"])
def test_the_host_of_the_page_replaces_the_placeholder(host: str) -> None:
    literal = f"[{host}]" if host == "::1" else host
    signing_credentials = Credentials("AK", "SK" * 8)
    endpoint = at_host(resolve("http://{host}:8333", BUCKET, "us-east-1", "path"), host)
    location = (f"http://{literal}:8333", "us-east-1", "path")
    with patch("botocore.auth.get_current_datetime", lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)):
        signed_url = Signer(endpoint, signing_credentials.get_frozen_credentials()).url(
            "GET", "u/1", query={}, headers={}, seconds=60
        )
        assert signed_url == slow_url(location, signing_credentials, "get_object", {"Key": "u/1"}, 60)


@pytest.mark.parametrize("host", ["", "a b", "evil.example/", "x@y", "a\r\nb", "host:80", "é.example"])
def test_a_host_that_is_none_is_not_signed_for(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        at_host(resolve("http://{host}:8333", BUCKET, "us-east-1", "path"), host)


@pytest.mark.parametrize("seconds", [0, -1, MAX_SECONDS + 1])
def test_a_lifetime_that_storages_reject_is_rejected(seconds: int) -> None:
    with pytest.raises(ValueError, match="signature lives"):
        fast(LOCATIONS[0], Credentials("AK", "SK" * 8)).url("GET", "u/1", query={}, headers={}, seconds=seconds)
