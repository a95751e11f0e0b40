"""Signed forms equal those of botocore, for every object, time, place and key."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest.mock import patch

import pytest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from shares.storage.signing.endpoints import resolve
from shares.storage.signing.forms import sign_form
from shares.storage.signing.signer import MAX_SECONDS, Signer
from tests.storage.signing.test_signer import (
    BUCKET,
    credentials,
    key_names,
    lives,
    locations,
    reference,
    text,
    times,
)


@settings(max_examples=1000, deadline=None)
@given(locations, credentials, times, lives, key_names, text, st.integers(1, 2**40))
def test_a_form_equals_that_of_botocore(
    location: tuple[Any, ...],
    signing_credentials: Credentials,
    now: datetime,
    seconds: int,
    key: str,
    content_type: str,
    max_bytes: int,
) -> None:
    endpoint, region, style = location
    signer = Signer(resolve(endpoint, BUCKET, region, style), signing_credentials.get_frozen_credentials())
    fields = {"key": key, "Content-Type": content_type}
    form = sign_form(signer, BUCKET, fields, max_bytes, seconds, now=now)
    client = reference(*location)
    client._request_signer._credentials = signing_credentials
    conditions: list[Any] = [["content-length-range", 1, max_bytes], {"Content-Type": content_type}]
    naive = now.replace(tzinfo=None)
    with patch("botocore.auth.get_current_datetime", lambda: naive), at_time(naive):
        expected = client.generate_presigned_post(
            BUCKET, key, Fields={"Content-Type": content_type}, Conditions=conditions, ExpiresIn=seconds
        )
    assert form.url == expected["url"]
    policy, expected_policy = (json.loads(b64decode(item["policy"])) for item in (form.fields, expected["fields"]))
    assert policy["expiration"] == expected_policy["expiration"]
    assert sorted(map(repr, policy["conditions"])) == sorted(map(repr, expected_policy["conditions"]))
    del expected["fields"]["policy"], expected["fields"]["x-amz-signature"]
    assert form.fields.items() > expected["fields"].items()
    assert form.fields["x-amz-signature"] == signature_of(form.fields["policy"], signing_credentials, region, now)


def at_time(now: datetime) -> Any:
    return patch("botocore.signers.get_current_datetime", lambda: now)


def signature_of(policy: str, signing_credentials: Credentials, region: str, now: datetime) -> str:
    """By botocore: of a policy, as it is."""
    signer_module: Any = __import__("botocore.auth", fromlist=["S3SigV4PostAuth"])
    auth = signer_module.S3SigV4PostAuth(signing_credentials, "s3", region)
    request: Any = type("Request", (), {"context": {"timestamp": now.strftime("%Y%m%dT%H%M%SZ")}})()
    return str(auth.signature(policy, request))


@pytest.mark.parametrize(
    "sign",
    [
        lambda signer: sign_form(signer, BUCKET, {}, 0, 60),
        lambda signer: sign_form(signer, BUCKET, {}, 1, 0),
        lambda signer: sign_form(signer, BUCKET, {}, 1, MAX_SECONDS + 1),
    ],
)
def test_a_form_without_a_size_or_a_sensible_life_is_not_signed(sign: Callable[[Signer], object]) -> None:
    frozen = Credentials("x", "y").get_frozen_credentials()
    with pytest.raises(ValueError, match="form needs"):
        sign(Signer(resolve(None, BUCKET, "eu-central-1", "virtual"), frozen))
