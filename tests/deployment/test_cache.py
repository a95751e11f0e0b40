"""The cache: shared while Redis responds, local to a process during an outage, and never a reason for an error."""

import time

import pytest
from django.core.cache import caches
from django.test import Client

from sharesite.cache import PAUSE_SECONDS, FallbackCache
from sharesite.dev_stack.valkey import Valkey
from tests.stack import Stack


@pytest.fixture
def cache(broker_server: Valkey, stack: Stack) -> FallbackCache:
    stack.need(stack.broker)
    redis_cache = FallbackCache(broker_server.url, {})
    redis_cache.clear()
    return redis_cache


def test_two_processes_share_it(cache: FallbackCache, broker_server: Valkey) -> None:
    other_cache = FallbackCache(broker_server.url, {})
    cache.set("a", [1, 2], 60)
    assert other_cache.get("a") == [1, 2]
    assert other_cache.add("a", 3) is False
    assert other_cache.has_key("a")
    assert other_cache.touch("a", 30)
    other_cache.set("n", 1)
    assert cache.incr("n", 2) == 3
    assert cache.get_many(["a", "n", "none"]) == {"a": [1, 2], "n": 3}
    assert other_cache.delete("a")
    assert cache.get("a", "gone") == "gone"
    with pytest.raises(ValueError, match="none"):
        cache.incr("none")


def test_without_redis_it_goes_on_alone_and_comes_back(
    cache: FallbackCache, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.set("limit", 1)
    stack.broker.kill()
    stack.started.remove(stack.broker)
    assert cache.get("limit") is None
    cache.set("limit", 5)
    assert cache.incr("limit") == 6
    assert cache.get("limit") == 6
    stack.need(stack.broker)
    cache.away_until = time.monotonic() + PAUSE_SECONDS
    assert cache.get("limit") == 6
    cache.away_until = 0
    cache.set("limit", 7)
    assert FallbackCache(stack.broker.url, {}).get("limit") == 7


@pytest.mark.django_db
def test_sign_in_works_and_stays_limited_without_redis(client: Client, stack: Stack) -> None:
    shared = caches["default"]
    assert isinstance(shared, FallbackCache)
    shared.away_until = time.monotonic() + 60
    shared.local.clear()
    form = {"login": "owner@example.com", "password": "a wrong one"}
    responses = [client.post("/accounts/login/", form, REMOTE_ADDR="198.51.100.77") for _ in range(12)]
    assert {response.status_code for response in responses} <= {200, 429}
    refusals = [response for response in responses if response.status_code == 429 or b"oo many" in response.content]
    assert len(refusals) >= 5
    shared.local.clear()
    shared.away_until = 0
