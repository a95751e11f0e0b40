"""The rules of the bucket: created once, kept exact, and other lifecycle rules are preserved."""

import pytest

from shares.storage import ShareStorage
from shares.storage.bucket.rules import RULE_ID
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import ORIGIN, store_at
from tests.storage.http import send


def test_the_rules_are_exact(storage_server: SeaweedFS) -> None:
    store = store_at(storage_server, bucket_name="exact")
    assert len(store.setup([ORIGIN])) == 3
    [rule] = store.client.get_bucket_cors(Bucket="exact")["CORSRules"]
    assert rule["AllowedOrigins"] == [ORIGIN]
    assert sorted(rule["AllowedMethods"]) == ["GET", "PUT"]
    assert rule["ExposeHeaders"] == ["ETag"]
    plain = ["content-md5", "content-type", "if-none-match", "x-amz-checksum-sha256"]
    encryption = ["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"]
    metadata, labels = ["x-amz-meta-owner", "x-amz-meta-share"], ["x-amz-storage-class", "x-amz-tagging"]
    assert sorted(rule["AllowedHeaders"]) == [*plain, *metadata, *encryption, *labels]
    assert store.setup([ORIGIN, ORIGIN]) == []


def test_the_operators_lifecycle_rules_stay(storage_server: SeaweedFS) -> None:
    store = store_at(storage_server, bucket_name="with-rules")
    store.client.create_bucket(Bucket="with-rules")
    other_rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 30}}
    store.client.put_bucket_lifecycle_configuration(Bucket="with-rules", LifecycleConfiguration={"Rules": [other_rule]})
    store.setup([ORIGIN])
    rules = store.client.get_bucket_lifecycle_configuration(Bucket="with-rules")["Rules"]
    assert {rule["ID"] for rule in rules} == {"theirs", RULE_ID}


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, True), ("http://127.0.0.1:8001", False), ("null", False)])
def test_only_our_pages_may_upload(store: ShareStorage, origin: str, allowed: bool) -> None:
    url = store.endpoints.public("127.0.0.1").base + "u/1"
    preflight_headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-amz-checksum-sha256",
    }
    response = send("OPTIONS", url, headers=preflight_headers)
    assert (response.status == 200) is allowed
    assert response.headers["Access-Control-Allow-Origin"] == (origin if allowed else None)
