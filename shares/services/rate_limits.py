"""Rate limits of what signs URLs: per account for uploads, links and shares, per client and share for grants.

They are counted in Redis, unlike those of passwords and of anonymous forms (``throttles``), which survive its loss.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shares.callers import Caller
from shares.errors import RateLimited
from shares.formats import UNTIL_TEXTS, format_span
from shares.rate_counter import Count, CountRequest, Rate, count
from shares.services import throttles

HOUR = 3600
# By the name of a policy.
TEXTS = {
    "signatures": _(
        "This account has sent or linked many files in a short time. Nothing is lost: try again %(until)s."
    ),
    "shares": _("This account has created many shares in a short time. Nothing is lost: try again %(until)s."),
    "grants": _(
        "Many downloads of this share were started from your network in a short time. Nothing is lost: try again"
        " %(until)s."
    ),
}


def consume_signatures(caller: Caller, number: int) -> None:
    """Count ``number`` signed URLs of the caller's account. Raises RateLimited, and then counts none of them."""
    user = caller.user
    if user is None or number < 1:
        return
    rate = _rate(settings.SIGN_RATE, user.signatures_per_hour)
    if rate is not None:
        _require("signatures", count(f"sign:{user.pk}", rate, number))


@contextmanager
def consume_share(caller: Caller) -> Iterator[None]:
    """Count a new share of the caller's account, which the block creates; given back if it raises. Raises RateLimited.

    It is counted before the block, so that concurrent requests never create one too many.
    """
    user = caller.user
    rate = None if user is None else _rate(settings.SHARE_RATE, user.shares_per_hour)
    if user is None or rate is None:
        yield
        return
    key = f"share:{user.pk}"
    _require("shares", count(key, rate))
    try:
        yield
    except BaseException:
        count(key, rate, -1)
        raise


class GrantCount:
    """The count of a new grant of a client for a share: sent at once, and read when its result is needed."""

    def __init__(self, share_id: str, caller: Caller) -> None:
        self.key = f"grant:{share_id}:{throttles.source(caller.address)[:24]}"
        self.rate = _rate(settings.GRANT_RATE, None)
        self.request = None if self.rate is None else CountRequest(self.key, self.rate)

    @cached_property
    def result(self) -> Count | None:
        return None if self.request is None else self.request.finish()

    def is_allowed(self) -> bool:
        return self.result is None or self.result.allowed

    def require(self) -> None:
        """Raises RateLimited."""
        if self.result is not None:
            _require("grants", self.result)

    def release(self) -> None:
        """Give the grant back: it was not issued after all."""
        if self.rate is not None and self.is_allowed():
            count(self.key, self.rate, -1)


def _rate(default: tuple[int, int] | None, per_hour: int | None) -> Rate | None:
    if per_hour is not None:
        return Rate(per_hour, HOUR)
    return None if default is None else Rate(*default)


def _require(policy: str, result: Count) -> None:
    if result.allowed:
        return
    raise RateLimited(
        TEXTS[policy],
        until=format_span(result.retry_after, UNTIL_TEXTS),
        policy=policy,
        limit=result.rate.limit,
        seconds=result.rate.seconds,
        remaining=result.remaining,
        retry_after=result.retry_after,
    )
