"""How the probe classifies responses: storage serves what we sign, refuses, or is down."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shares.storage import HEALTH_KEY, ShareStorage, State
from sharesite.dev_stack.seaweedfs import SeaweedFS
from tests.storage.conftest import store_at
from tests.storage.faulty_s3_proxy import FaultyS3Proxy, is_probe
from tests.storage.signing.aws import CLOUDFRONT

REFUSALS = [
    (403, "AccessDenied", "lacks a right"),
    (403, "InvalidAccessKeyId", "does not know this access key"),
    (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY is wrong"),
    (403, "RequestTimeTooSkewed", "keep both on NTP"),
    (400, "ExpiredToken", "temporary credentials ended"),
    (404, "NoSuchBucket", "the bucket is missing"),
    (301, "PermanentRedirect", "lives at another address"),
    (401, "", "lacks a right"),
    (400, "Whatever", "storage doctor"),
]


@pytest.fixture
def faulty_proxy(storage_server: SeaweedFS, store: ShareStorage) -> Iterator[FaultyS3Proxy]:
    with FaultyS3Proxy(storage_server.url) as proxy:
        yield proxy


def test_a_store_that_serves(store: ShareStorage) -> None:
    """In a new bucket the object is not there yet."""
    store.objects.delete([HEALTH_KEY])
    assert [store._probe(), store._probe()] == [State.OK, State.OK]
    end = time.monotonic() + 30
    while store.objects.head(HEALTH_KEY) is None:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_pair_of_keys_that_the_store_does_not_know(storage_server: SeaweedFS, store: ShareStorage) -> None:
    assert store_at(storage_server, access_key="nobody", secret_key="wrong")._probe() is State.REFUSES
    assert store_at(storage_server, secret_key="wrong")._probe() is State.REFUSES


def test_a_bucket_that_is_not_there(storage_server: SeaweedFS) -> None:
    assert store_at(storage_server, bucket_name="none")._probe() is State.REFUSES


def test_nobody_there(storage_server: SeaweedFS) -> None:
    assert store_at(storage_server, endpoint_url="http://127.0.0.1:1")._probe() is State.UNAVAILABLE


@pytest.mark.parametrize(("status", "code", "remedy"), REFUSALS)
def test_refusals(
    storage_server: SeaweedFS,
    faulty_proxy: FaultyS3Proxy,
    caplog: pytest.LogCaptureFixture,
    status: int,
    code: str,
    remedy: str,
) -> None:
    store = store_at(storage_server, endpoint_url=faulty_proxy.url)
    faulty_proxy.inject_error(is_probe, status=status, code=code, forwards=False)
    assert [store._probe() for _ in range(3)] == [State.REFUSES] * 3
    messages = [line.message for line in caplog.records if "refuses downloads" in line.message]
    assert len(messages) == 1
    assert remedy in messages[0]
    assert "X-Amz" not in caplog.text
    faulty_proxy.reset()
    assert store._probe() is State.OK


@pytest.mark.parametrize(
    ("status", "times", "state"),
    [
        (503, 1, State.OK),
        (503, 2, State.UNAVAILABLE),
        (429, 2, State.UNAVAILABLE),
        (500, 2, State.UNAVAILABLE),
        (0, 1, State.OK),
        (0, 2, State.UNAVAILABLE),
        (-1, 1, State.UNAVAILABLE),
    ],
)
def test_not_now(storage_server: SeaweedFS, faulty_proxy: FaultyS3Proxy, status: int, times: int, state: State) -> None:
    """Once is an accident of a busy store; silence has lasted long enough the first time."""
    faulty_proxy.inject_error(is_probe, status=status, forwards=False, times=times)
    assert store_at(storage_server, endpoint_url=faulty_proxy.url)._probe() is state


def test_no_right_to_list(storage_server: SeaweedFS, store: ShareStorage, faulty_proxy: FaultyS3Proxy) -> None:
    """Then a missing object is "AccessDenied" as well, which says nothing about existing ones."""
    store.objects.delete([HEALTH_KEY])
    faulty_proxy.inject_error(is_probe, status=403, code="AccessDenied", forwards=False, times=1)
    assert store_at(storage_server, endpoint_url=faulty_proxy.url)._probe() is State.OK


def test_credentials_that_ended(storage_server: SeaweedFS, store: ShareStorage) -> None:
    expired_at = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    assert store_at(storage_server, credentials_end=expired_at)._probe() is State.REFUSES


def test_a_wrong_clock_is_reported_for_another_error_code(
    storage_server: SeaweedFS, faulty_proxy: FaultyS3Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    """A signed address that ended before it was used is "AccessDenied" to some stores."""
    faulty_proxy.inject_error(is_probe, status=403, code="AccessDenied", forwards=False)
    faulty_proxy.date = "Mon, 03 Jan 2000 10:00:00 GMT"
    with caplog.at_level(logging.ERROR):
        assert store_at(storage_server, endpoint_url=faulty_proxy.url)._probe() is State.REFUSES
    assert "keep both on NTP" in caplog.text
    assert "lacks a right" not in caplog.text


def test_cloudfront_serves_by_rights_of_its_own(storage_server: SeaweedFS, faulty_proxy: FaultyS3Proxy) -> None:
    faulty_proxy.inject_error(is_probe, status=403, code="AccessDenied", forwards=False)
    assert store_at(storage_server, endpoint_url=faulty_proxy.url, **CLOUDFRONT)._probe() is State.OK
