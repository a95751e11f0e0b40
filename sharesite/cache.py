"""A cache in Redis that no page depends on: during an outage of Redis each process uses a cache of its own."""

import logging
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
# A Redis that hangs delays one request by this time; then it is not used until the pause is over.
TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 5.0


class FallbackCache(BaseCache):
    """Redis while it responds, otherwise a cache of this process, so that sign-in limits still work to some extent.

    It contains the rate limits of sign-in, which must neither fail with Redis nor disappear with it.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "socket_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self.remote = RedisCache(location, {**params, "OPTIONS": options})
        self.local = LocMemCache(location, params)
        self.away_until = 0.0

    def _call(self, method: str, *arguments: Any) -> Any:
        if time.monotonic() >= self.away_until:
            try:
                return getattr(self.remote, method)(*arguments)
            except (RedisError, OSError) as error:
                log.warning("Redis is not answering (%s); using a cache of this process", type(error).__name__)
                self.away_until = time.monotonic() + PAUSE_SECONDS
        return getattr(self.local, method)(*arguments)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._call("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._call("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("touch", key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("delete", key, version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("has_key", key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._call("incr", key, delta, version))

    def clear(self) -> None:
        self._call("clear")
