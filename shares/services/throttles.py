"""Rate limits of operations that need only a link: counted in the database, by address and by share."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.utils.crypto import salted_hmac

from shares.callers import Caller
from shares.errors import TooManyRequests
from shares.models import RateLimitCounter, Share
from shares.models.rate_limits import consume

PER_ADDRESS, ADDRESS_WINDOW = 5, timedelta(hours=1)
SHARE_WINDOW = timedelta(days=1)


def source(address: str) -> str:
    """A keyed hash of the address, or of its /64 for IPv6: the network of one customer counts as one client."""
    if address:
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address):
            address = str(IPv6Address(int(parsed) >> 64 << 64))
    return hash_address(address, salt="shares.guess")


def hash_address(address: str, *, salt: str) -> str:
    """A keyed hash of the address. Those of two salts cannot be compared, so tables cannot be joined by them."""
    return salted_hmac(salt, address, algorithm="sha256").hexdigest()


def allow(operation: str, *, a_day: int, share: Share, caller: Caller, now: datetime) -> None:
    """Count an ``operation`` of the caller and of the share, which allows ``a_day`` of them.

    Raises TooManyRequests, with the seconds until the next one.
    """
    for name, limit, window in (
        (f"{operation}:{source(caller.address)}", PER_ADDRESS, ADDRESS_WINDOW),
        (f"{operation}:{share.pk}", a_day, SHARE_WINDOW),
    ):
        wait = consume(RateLimitCounter.objects.all(), {"name": name}, limit=limit, window=window, now=now)
        if wait:
            raise TooManyRequests(retry_after=wait)


def delete_expired(*, now: datetime) -> int:
    """Delete counters whose window is over. Returns their number."""
    return RateLimitCounter.objects.filter(started_at__lt=now - SHARE_WINDOW).delete()[0]
