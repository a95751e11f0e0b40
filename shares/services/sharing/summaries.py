"""Summaries of shares for lists and pages: counted in the database, one page at a time, only the owner's."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, DateTimeField, Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shares import policies
from shares.callers import READ, Caller
from shares.db.summaries import NO_COUNTS, ShareCounts, read_share_counts
from shares.errors import Invalid, NotSignedIn
from shares.models import Event, Grant, Share, SharedFile
from shares.models.ids import is_valid_id

PAGE = 50
# A cursor of this server has about seventy characters.
MAX_CURSOR_LENGTH = 200
DAYS = 14
NEWEST, OLDEST, ENDING = "newest", "oldest", "ending"
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Summary:
    """``size`` is in bytes; ``downloads`` are the grants under the limit, or all grants without one.

    ``withheld`` files are stored but cannot be downloaded.
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
        """Files that have not arrived."""
        return self.files - self.ready - self.withheld

    @property
    def preset_name(self) -> str:
        return "" if self.share.preset is None else self.share.preset.name


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Summary, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class ShareStatistics:
    """Page loads by people, grants, signed URLs, and finished downloads: four different counts.

    ``finished`` is None if it is unknown.
    """

    opened: int
    issued: int
    signed_urls: int
    finished: int | None


def display_title(share: Share, first: str, files: int) -> str:
    """The share's title or, without one, a description of its files."""
    if share.title:
        return share.title
    if not first:
        return _("No files")
    if files <= 1:
        return first
    text = ngettext("%(name)s and %(count)d more", "%(name)s and %(count)d more", files - 1)
    return text % {"name": first, "count": files - 1}


def summary(share: Share, now: datetime) -> Summary:
    [item] = summarize([share], now)
    return item


def summarize(shares: Sequence[Share], now: datetime) -> tuple[Summary, ...]:
    counts = read_share_counts([share.pk for share in shares])
    return tuple(_summary(share, counts.get(share.pk, NO_COUNTS), now) for share in shares)


def _summary(share: Share, counts: ShareCounts, now: datetime) -> Summary:
    return Summary(
        share=share,
        state=share.state(now),
        title=display_title(share, counts.first_name, counts.files),
        files=counts.files,
        ready=counts.ready,
        withheld=counts.withheld,
        size=counts.size,
        downloads=counts.grants if share.max_downloads is None else share.download_count,
    )


def owned(
    *, caller: Caller, now: datetime, state: str = "", text: str = "", order: str = NEWEST, cursor: str = ""
) -> Page:
    """One page of the caller's shares. ``cursor`` is the ``next_cursor`` of the previous page. Raises Invalid,
    NotSignedIn.
    """
    if caller.user is None:
        raise NotSignedIn()
    shares = Share.objects.owned_by(caller.user)
    if state:
        shares = shares.in_state(state, now)
    if text:
        matching_files = SharedFile.objects.not_removed().filter(share=OuterRef("pk"), name__icontains=text)
        shares = shares.filter(Q(title__icontains=text) | Exists(matching_files))
    column, sign = {NEWEST: ("created_at", "-"), OLDEST: ("created_at", ""), ENDING: ("ends", "")}.get(order, ("", ""))
    if not column:
        raise Invalid(_("Shares can be ordered by newest, oldest or ending."), field="order")
    rows = shares.select_related("preset").annotate(
        ends=Coalesce("expires_at", Value(_NEVER, output_field=DateTimeField()))
    )
    if cursor:
        moment, pk = _read(cursor)
        side = "lt" if sign else "gt"
        rows = rows.filter(Q(**{f"{column}__{side}": moment}) | Q(**{column: moment, f"pk__{side}": pk}))
    rows_of_page = list(rows.order_by(f"{sign}{column}", f"{sign}pk")[: PAGE + 1])
    last_row = rows_of_page[PAGE - 1] if len(rows_of_page) > PAGE else None
    return Page(
        items=summarize(rows_of_page[:PAGE], now),
        next_cursor="" if last_row is None else _write(getattr(last_row, column), last_row.pk),
    )


def statistics(*, share: Share, caller: Caller, counts_finished: bool) -> ShareStatistics:
    """The owner's numbers of one share. ``counts_finished``: an access log shows which downloads are finished."""
    policies.require(policies.owner_only(share, caller, READ))
    events = Event.objects.of_share(share.pk).order_by()
    finished = events.filter(kind=Event.Kind.FINISHED).count()
    return ShareStatistics(
        opened=events.filter(kind=Event.Kind.OPENED).count(),
        issued=Grant.objects.filter(share=share).count(),
        signed_urls=events.filter(kind=Event.Kind.SIGNED).count(),
        finished=finished if finished or counts_finished else None,
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
        if parsed.tzinfo is None or not isinstance(pk, str) or not is_valid_id(pk):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as error:
        raise Invalid(_("This page of the list does not exist; start from the first one."), field="cursor") from error
    return parsed, pk
