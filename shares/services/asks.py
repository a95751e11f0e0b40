"""Asking for a share that has ended: a stranger's wish, stamped here and written to the owner by the clock."""

from datetime import datetime

from django.db import transaction

from shares import policies
from shares.models import Ask, Event, Share
from shares.policies import Caller
from shares.services import events, throttles
from shares.services.names import check_length, clean_text

WHO_LENGTH = 100
ASKS_A_DAY = 5


def ask(*, share: Share, who: str, caller: Caller, now: datetime) -> Ask:
    """Have the owner told. Neither side learns the other's address. Raises NotFound, Invalid or TooMany."""
    refusal = policies.askable(share, now)
    if refusal is not None:
        raise refusal
    check_length(who, most=WHO_LENGTH, field="name")
    throttles.allow("ask", a_day=ASKS_A_DAY, share=share, caller=caller, now=now)
    name = " ".join(clean_text(who, most=WHO_LENGTH, field="name").split())
    with transaction.atomic():
        events.record(Event.Kind.ASKED, caller=caller, share=share, now=now, detail=name)
        return Ask.objects.create(share=share, who=name, created_at=now)
