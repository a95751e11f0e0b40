"""The numbers of shares, three kinds kept apart: opened (page loads), issued (grants) and signed (URLs)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from shares.models import Event, Grant, Share, SharedFile


@dataclass(frozen=True, slots=True)
class Numbers:
    """``size`` is in bytes; ``files`` counts what is listed, ``ready`` what can be downloaded already."""

    files: int = 0
    ready: int = 0
    size: int = 0
    opened: int = 0
    issued: int = 0
    signed: int = 0


def of(shares: Sequence[Share]) -> dict[str, Numbers]:
    """The numbers of every share given, by id: three queries, however many shares."""
    ids = [share.pk for share in shares]
    held = {
        row["share_id"]: row
        for row in SharedFile.objects.listed()
        .filter(share_id__in=ids)
        .order_by()
        .values("share_id")
        .annotate(files=Count("pk"), ready=Count("pk", filter=Q(ready_at__isnull=False)), total=Sum("size"))
    }
    granted = Grant.objects.filter(share_id__in=ids).order_by().values_list("share_id").annotate(Count("pk"))
    issued = {share_id: number for share_id, number in granted}
    kinds = [Event.Kind.OPENED, Event.Kind.SIGNED]
    counted = Event.objects.filter(share_id__in=ids, kind__in=kinds).order_by().values_list("share_id", "kind")
    events = {(share_id, kind): number for share_id, kind, number in counted.annotate(Count("pk"))}
    return {
        pk: Numbers(
            files=held[pk]["files"] if pk in held else 0,
            ready=held[pk]["ready"] if pk in held else 0,
            size=held[pk]["total"] if pk in held else 0,
            opened=events.get((pk, Event.Kind.OPENED), 0),
            issued=issued.get(pk, 0),
            signed=events.get((pk, Event.Kind.SIGNED), 0),
        )
        for pk in ids
    }


def of_one(share: Share) -> Numbers:
    return of([share])[share.pk]


def daily(shares: Sequence[Share], *, now: datetime, days: int = 14) -> dict[str, list[int]]:
    """Grants a day (UTC) for the last ``days`` days, oldest first, by share id: the sparkline of a list."""
    first = (now - timedelta(days=days - 1)).date()
    plots = {share.pk: [0] * days for share in shares}
    rows = (
        Grant.objects.filter(share_id__in=plots, created_at__date__gte=first)
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values_list("share_id", "day")
        .annotate(Count("pk"))
    )
    for share_id, day, number in rows:
        offset = (day - first).days
        if 0 <= offset < days:
            plots[share_id][offset] = number
    return plots
