"""Requests to make an ended share available again: listed for the owner, and sent by a scheduled task."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from shares import policies
from shares.callers import Caller
from shares.models import Event, ReshareRequest, Share
from shares.services import events, throttles
from shares.services.text import check_length, clean_text

NAME_LENGTH = 100
REQUESTS_A_DAY = 5
MAX_AGE = timedelta(days=30)
MAX_LISTED = 50


def create(*, share: Share, recipient_name: str, caller: Caller, now: datetime) -> ReshareRequest:
    """Create a request to the owner. Neither side learns the other's address.

    Raises NotFound, Invalid or TooManyRequests.
    """
    policies.require(policies.may_request_reshare(share, now))
    check_length(recipient_name, max_length=NAME_LENGTH, field="name")
    throttles.allow("ask", a_day=REQUESTS_A_DAY, share=share, caller=caller, now=now)
    name = " ".join(clean_text(recipient_name, max_length=NAME_LENGTH, field="name").split())
    with transaction.atomic():
        events.record(Event.Kind.RESHARE_REQUESTED, caller=caller, share=share, now=now, detail=name)
        return ReshareRequest.objects.create(share=share, recipient_name=name, created_at=now)


def unanswered(*, caller: Caller, now: datetime, share: Share | None = None) -> list[ReshareRequest]:
    """Requests of the last weeks for the caller's shares, or for ``share``, newest first, that came since the share
    ended. A share that got more time or downloads has answered them.
    """
    since_end = Q(created_at__gte=F("share__expires_at")) | Q(created_at__gte=F("share__used_up_at"))
    rows = ReshareRequest.objects.filter(
        since_end, share__owner=caller.user, share__revoked_at__isnull=True, created_at__gte=now - MAX_AGE
    )
    if share is not None:
        rows = rows.filter(share=share)
    return list(rows.select_related("share")[:MAX_LISTED])
