"""HEAD, list and delete: every result is the storage's own, and no error passes for an empty bucket."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shares import errors
from shares.storage import ObjectExists, ShareStorage
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, is_object_lookup
from tests.storage.http import send
from tests.storage.objects import OPAQUE, link, new_key, store_object


def fill(store: ShareStorage, prefix: str, count: int) -> list[str]:
    keys = [f"{prefix}{number:05}" for number in range(count)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda key: store.client.put_object(Bucket="shares", Key=key, Body=b"x"), keys))
    return keys


def test_a_missing_key_is_none(store: ShareStorage) -> None:
    assert store.objects.head(new_key()) is None


def test_a_missing_bucket_is_not_a_missing_key(storage_server: SeaweedFS, caplog: pytest.LogCaptureFixture) -> None:
    other_storage = store_at(storage_server, bucket_name="not-there")
    with pytest.raises(errors.StorageUnavailable):
        other_storage.objects.head("u/1")
    assert "manage.py storage setup" in caplog.text


def test_an_object_that_appears_between_two_requests_is_found(storage_server: SeaweedFS, store: ShareStorage) -> None:
    """The site itself stores the object of the probe, whenever it is missing."""
    key = store_object(store, b"here")
    with FaultyS3Proxy(storage_server.url) as proxy:
        proxy.inject_error(is_object_lookup, status=404, forwards=False, times=1)
        stored_object = store_at(storage_server, endpoint_url=proxy.url).objects.head(key)
        assert proxy.affected_methods == ["HEAD"]
    assert stored_object is not None
    assert stored_object.size == 4


def test_an_empty_file_is_stored_once(store: ShareStorage) -> None:
    key = new_key()
    store.objects.put_empty(key, content_type=OPAQUE)
    store.objects.put_empty(key, content_type=OPAQUE)
    stored_object = store.objects.head(key)
    assert stored_object is not None
    assert (stored_object.size, stored_object.parts, stored_object.sha256) == (0, None, hashlib.sha256(b"").digest())
    assert abs(datetime.now(UTC) - stored_object.modified) < timedelta(minutes=1)
    assert send("GET", link(store, key)).body == b""


def test_an_empty_file_replaces_nothing(store: ShareStorage) -> None:
    key = store_object(store, b"not empty")
    with pytest.raises(ObjectExists):
        store.objects.put_empty(key, content_type=OPAQUE)
    assert send("GET", link(store, key)).body == b"not empty"


def test_deleting_and_walking_thousands(store: ShareStorage) -> None:
    prefix = new_key("walk/") + "/"
    keys = fill(store, prefix, 1_100)
    stored_objects = list(store.objects.walk(prefix))
    assert [stored_object.key for stored_object in stored_objects] == keys
    assert {(stored_object.size, stored_object.sha256, stored_object.parts) for stored_object in stored_objects} == {
        (1, None, None)
    }
    missing = [f"{prefix}missing-{number}" for number in range(1_400)]
    result = store.objects.delete([*keys, *missing])
    assert result.failed == {}
    assert result.deleted == {*keys, *missing}
    assert list(store.objects.walk(prefix)) == []


def test_a_walk_names_the_parts_of_an_object(store: ShareStorage) -> None:
    key = store_object(store, b"one part", key=new_key("parts/"))
    [stored_object] = store.objects.walk(key)
    assert (stored_object.size, stored_object.parts) == (8, 1)


def test_nothing_to_delete_sends_no_request(store: ShareStorage) -> None:
    assert store.objects.delete([]).deleted == frozenset()
