"""The counter of rate limits: in Redis for all processes, in this process alone while Redis does not respond.

It is a token bucket, as the generic cell rate algorithm counts it: for each key the time at which its bucket is full
again. One script reads and moves that time, by the clock of Redis, so concurrent processes never allow one too many.
"""

import heapq
import logging
import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django.conf import settings
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
# A Redis that hangs delays one request by this time; then it is not used until the pause is over.
TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 5.0
PREFIX = "rate:"
MICROSECONDS = 1_000_000
MAX_LOCAL_KEYS = 50_000
# KEYS[1]: the key; ARGV: microseconds for each operation, operations of a full bucket, operations to count (negative:
# to give back). Returns whether they are allowed, and the microseconds until the bucket is full again, without them if
# they are refused.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local full_at = math.max(tonumber(redis.call('GET', KEYS[1])) or now, now)
local next_at = full_at + ARGV[1] * ARGV[3]
if next_at - now > ARGV[1] * ARGV[2] then return {0, full_at - now} end
if next_at <= now then redis.call('DEL', KEYS[1]) return {1, 0} end
redis.call('SET', KEYS[1], string.format('%.0f', next_at), 'PX', math.ceil((next_at - now) / 1000))
return {1, next_at - now}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """``limit`` operations at once, and as many again evenly over the next ``seconds``."""

    limit: int
    seconds: int

    @property
    def interval(self) -> int:
        """Microseconds for each operation."""
        return max(1, self.seconds * MICROSECONDS // self.limit)


@dataclass(frozen=True, slots=True)
class Count:
    """The result of counting ``cost`` operations; ``microseconds`` until the bucket is full again."""

    rate: Rate
    cost: int
    allowed: bool
    microseconds: int

    @property
    def remaining(self) -> int:
        return max(0, self.rate.limit - -(-self.microseconds // self.rate.interval))

    @property
    def retry_after(self) -> int:
        """Whole seconds until ``cost`` operations are allowed, at least one."""
        interval = self.rate.interval
        return max(1, -(-(self.microseconds + interval * (self.cost - self.rate.limit)) // MICROSECONDS))

    @property
    def reset_after(self) -> int:
        """Whole seconds until the whole limit is available again."""
        return -(-self.microseconds // MICROSECONDS)


class _Remote(threading.local):
    """A connection for each thread, so that a reply is read by the thread that sent the command."""

    connection: Any = None
    pid = 0
    unread = False


class _State:
    """What the threads of a process share: its own counters, and until when Redis is left alone."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.full_at: dict[str, int] = {}
        self.away_until = 0.0


_remote, _state = _Remote(), _State()


class CountRequest:
    """A count that is sent to Redis at once and read by ``finish``, so that other work is done while it is under way.

    A request that is never finished has counted.
    """

    def __init__(self, key: str, rate: Rate, cost: int = 1) -> None:
        self.key, self.rate, self.cost = key, rate, cost
        self.in_redis = False
        if time.monotonic() >= _state.away_until:
            try:
                self._send()
                self.in_redis = True
            except (RedisError, OSError) as error:
                _leave_alone(error)

    def finish(self) -> Count:
        if self.in_redis:
            try:
                allowed, microseconds = self._read()
            except (RedisError, OSError) as error:
                _leave_alone(error)
            else:
                return Count(self.rate, self.cost, bool(allowed), int(microseconds))
        return _count_locally(self.key, self.rate, self.cost)

    def _send(self) -> None:
        connection = _connection()
        if _remote.unread:  # The operation that sent it has ended meanwhile.
            _remote.unread = False
            connection.read_response()
        arguments = (self.rate.interval, self.rate.limit, self.cost)
        connection.send_packed_command(connection.pack_command("EVAL", SCRIPT, 1, PREFIX + self.key, *arguments))
        _remote.unread = True

    def _read(self) -> Any:
        try:
            return self._reply()
        except LostConnectionError:
            # Redis has restarted since the last command of this thread: the same once more, on a new connection.
            self._send()
            return self._reply()

    def _reply(self) -> Any:
        _remote.unread = False
        try:
            return _remote.connection.read_response()
        except Exception:
            _remote.connection.disconnect()
            raise


def count(key: str, rate: Rate, cost: int = 1) -> Count:
    """Count ``cost`` operations on ``key``, all or none. A negative cost gives them back."""
    return CountRequest(key, rate, cost).finish()


def reset_local_counts() -> None:
    """Begin anew in this process, and use Redis again at once."""
    with _state.lock:
        _state.full_at.clear()
        _state.away_until = 0.0


def _connection() -> Any:
    if _remote.pid != os.getpid():  # The first command of this thread, or a forked process: sockets are not shared.
        _remote.connection, _remote.pid, _remote.unread = (
            _pool(settings.REDIS_URL).make_connection(),
            os.getpid(),
            False,
        )
    _remote.connection.connect()
    return _remote.connection


@lru_cache(maxsize=4)
def _pool(url: str) -> ConnectionPool:
    options = {"socket_connect_timeout": TIMEOUT_SECONDS, "socket_timeout": TIMEOUT_SECONDS}
    return ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), **options)


def _leave_alone(error: Exception) -> None:
    if time.monotonic() >= _state.away_until:
        log.warning("Redis is not answering (%s); rate limits are counted in this process", type(error).__name__)
    _state.away_until = time.monotonic() + PAUSE_SECONDS
    _remote.unread = False
    if _remote.connection is not None:
        _remote.connection.disconnect()


def _count_locally(key: str, rate: Rate, cost: int) -> Count:
    """The script, for the counters of this process."""
    now = time.monotonic_ns() // 1000
    with _state.lock:
        full_at = max(_state.full_at.get(key, now), now)
        next_at = full_at + rate.interval * cost
        if next_at - now > rate.interval * rate.limit:
            return Count(rate, cost, allowed=False, microseconds=full_at - now)
        if len(_state.full_at) >= MAX_LOCAL_KEYS and key not in _state.full_at:
            # Half, so that this is rare; those with the most operations behind them are the ones to limit.
            busiest = heapq.nlargest(MAX_LOCAL_KEYS // 2, _state.full_at.items(), key=itemgetter(1))
            _state.full_at = {name: moment for name, moment in busiest if moment > now}
        _state.full_at[key] = next_at
    return Count(rate, cost, allowed=True, microseconds=max(0, next_at - now))
