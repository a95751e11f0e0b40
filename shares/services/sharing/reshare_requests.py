"""Asking for a share that has ended: a stranger's wish, shown to the owner and, by the clock, written to them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from shares import policies
from shares.callers import Caller
from shares.models import Ask, Event, Share
from shares.services import events, throttles
from shares.services.text import check_length, clean_text

WHO_LENGTH = 100
ASKS_A_DAY = 5
MAX_AGE = timedelta(days=30)
MAX_LISTED = 50


def ask(*, share: Share, who: str, caller: Caller, now: datetime) -> Ask:
    """Have the owner told. Neither side learns the other's address. Raises NotFound, Invalid or TooMany."""
    refusal = policies.may_request_reshare(share, now)
    if refusal is not None:
        raise refusal
    check_length(who, most=WHO_LENGTH, field="name")
    throttles.allow("ask", a_day=ASKS_A_DAY, share=share, caller=caller, now=now)
    name = " ".join(clean_text(who, most=WHO_LENGTH, field="name").split())
    with transaction.atomic():
        events.record(Event.Kind.ASKED, caller=caller, share=share, now=now, detail=name)
        return Ask.objects.create(share=share, who=name, created_at=now)


def unanswered(*, caller: Caller, now: datetime, share: Share | None = None) -> list[Ask]:
    """Wishes of the last weeks for the caller's shares, or for ``share``, the latest first: those that came since it
    ended. A share that was given more time or downloads has answered them.
    """
    since_end = Q(created_at__gte=F("share__expires_at")) | Q(created_at__gte=F("share__used_up_at"))
    rows = Ask.objects.filter(
        since_end, share__owner=caller.user, share__revoked_at__isnull=True, created_at__gte=now - MAX_AGE
    )
    if share is not None:
        rows = rows.filter(share=share)
    return list(rows.select_related("share")[:MAX_LISTED])
