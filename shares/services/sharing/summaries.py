"""Shares as a list or a page shows them: counted in the database, a page at a time, never another owner's."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shares import policies
from shares.callers import READ, Caller
from shares.errors import Invalid, NotSignedIn
from shares.models import Event, Grant, Share, SharedFile

PAGE = 50
# One that this server wrote has some seventy characters.
MAX_CURSOR_LENGTH = 200
DAYS = 14
NEWEST, OLDEST, ENDING = "newest", "oldest", "ending"
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Summary:
    """``size`` in bytes; ``downloads`` are grants under the cap where there is one, else all that were given out.

    ``withheld`` files are here and nobody gets them.
    """

    share: Share
    state: Share.State
    title: str
    files: int
    ready: int
    withheld: int
    size: int
    downloads: int

    @property
    def waiting(self) -> int:
        """Files that are still to come."""
        return self.files - self.ready - self.withheld


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Summary, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """Page loads by people; grants; URLs signed; files that arrived whole. Four things, never mixed.

    ``finished`` is None where nobody could tell.
    """

    opened: int
    issued: int
    signed: int
    finished: int | None


def shown_title(share: Share, first: str, files: int) -> str:
    """The share's title or, without one, what it holds."""
    if share.title:
        return share.title
    if not first:
        return _("No files")
    if files <= 1:
        return first
    text = ngettext("%(name)s and %(count)d more", "%(name)s and %(count)d more", files - 1)
    return text % {"name": first, "count": files - 1}


def counted(shares: QuerySet[Share]) -> QuerySet[Share]:
    """``shares`` with the columns a summary needs, one subquery each, so that no page costs more than one query."""
    listed_files = SharedFile.objects.filter(share=OuterRef("pk"), removed_at__isnull=True).order_by()
    by_share = listed_files.values("share")
    grants = Grant.objects.filter(share=OuterRef("pk")).order_by().values("share")
    return shares.annotate(
        file_count=Coalesce(Subquery(by_share.annotate(n=Count("pk")).values("n")), 0),
        ready_count=Coalesce(
            Subquery(by_share.annotate(n=Count("pk", filter=Q(ready_at__isnull=False))).values("n")), 0
        ),
        withheld_count=Coalesce(Subquery(by_share.annotate(n=Count("pk", filter=~Q(withheld=""))).values("n")), 0),
        byte_count=Coalesce(Subquery(by_share.annotate(n=Sum("size")).values("n")), 0),
        grant_count=Coalesce(Subquery(grants.annotate(n=Count("pk")).values("n")), 0),
        first_name=Coalesce(Subquery(listed_files.order_by("position", "pk").values("name")[:1]), Value("")),
        ends=Coalesce("expires_at", Value(_NEVER, output_field=DateTimeField())),
    )


def summary(share: Share, now: datetime) -> Summary:
    """Of one share, or of a row that ``counted`` made."""
    row = share if hasattr(share, "file_count") else counted(Share.objects.filter(pk=share.pk)).get()
    files: int = getattr(row, "file_count")  # noqa: B009 - an annotation, unknown to the type checker
    grant_count: int = getattr(row, "grant_count")  # noqa: B009
    return Summary(
        share=share,
        state=share.state(now),
        title=shown_title(share, getattr(row, "first_name", ""), files),
        files=files,
        ready=getattr(row, "ready_count", 0),
        withheld=getattr(row, "withheld_count", 0),
        size=getattr(row, "byte_count", 0),
        downloads=grant_count if share.max_downloads is None else share.downloads_taken,
    )


def owned(
    *, caller: Caller, now: datetime, state: str = "", text: str = "", order: str = NEWEST, cursor: str = ""
) -> Page:
    """One page of the caller's shares. ``cursor`` is a former page's ``next_cursor``. Raises Invalid, NotSignedIn."""
    if caller.user is None:
        raise NotSignedIn()
    shares = Share.objects.owned_by(caller.user)
    if state:
        shares = shares.in_state(state, now)
    if text:
        matching_files = SharedFile.objects.listed().filter(share=OuterRef("pk"), name__icontains=text)
        shares = shares.filter(Q(title__icontains=text) | Exists(matching_files))
    column, sign = {NEWEST: ("created_at", "-"), OLDEST: ("created_at", ""), ENDING: ("ends", "")}.get(order, ("", ""))
    if not column:
        raise Invalid(_("Shares can be ordered by newest, oldest or ending."), field="order")
    rows = counted(shares)
    if cursor:
        moment, pk = _read(cursor)
        side = "lt" if sign else "gt"
        rows = rows.filter(Q(**{f"{column}__{side}": moment}) | Q(**{column: moment, f"pk__{side}": pk}))
    rows_of_page = list(rows.order_by(f"{sign}{column}", f"{sign}pk")[: PAGE + 1])
    last_row = rows_of_page[PAGE - 1] if len(rows_of_page) > PAGE else None
    return Page(
        items=tuple(summary(share, now) for share in rows_of_page[:PAGE]),
        next_cursor="" if last_row is None else _write(getattr(last_row, column), last_row.pk),
    )


def numbers(*, share: Share, caller: Caller) -> Numbers:
    """The owner's numbers of one share."""
    refusal = policies.owner_only(share, caller, READ)
    if refusal is not None:
        raise refusal
    events = Event.objects.of_share(share.pk).order_by()
    finished = events.filter(kind=Event.Kind.FINISHED).count()
    has_access_log = settings.ACCESS_LOG and not share.strict
    return Numbers(
        opened=events.filter(kind=Event.Kind.OPENED).count(),
        issued=Grant.objects.filter(share=share).count(),
        signed=events.filter(kind=Event.Kind.SIGNED).count(),
        finished=finished if finished or has_access_log else None,
    )


def daily(*, shares: Sequence[Share], now: datetime) -> dict[str, list[int]]:
    """Downloads a day over the last ``DAYS`` days (UTC), oldest first, for each of ``shares``."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    counts = {share.pk: [0] * DAYS for share in shares}
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = (
        Grant.objects.filter(share__in=list(counts), created_at__gte=start)
        .order_by()
        .values_list("share_id", TruncDate("created_at", tzinfo=UTC))
        .annotate(n=Count("pk"))
    )
    for pk, day, count in rows:
        index = (day - first).days
        if 0 <= index < DAYS:
            counts[pk][index] = count
    return counts


def _write(moment: datetime, pk: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment.isoformat(), pk]).encode()).decode()


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise ValueError(cursor)
        moment, pk = json.loads(base64.urlsafe_b64decode(cursor))
        parsed = datetime.fromisoformat(moment)
        if parsed.tzinfo is None or not isinstance(pk, str) or "\x00" in pk:
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid(_("This page of the list does not exist; start from the first one."), field="cursor") from error
    return parsed, pk
