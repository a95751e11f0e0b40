"""Sizes, durations and dates as text, the same in pages, emails, messages and the terminal.

``static/js/lib/time.js`` and ``static/js/lib/format.js`` follow the same rules; ``tests/formats.json`` compares
both.
"""

from datetime import UTC, datetime, timedelta
from math import inf

from django.utils import dateformat
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext
from django_stubs_ext import StrPromise

UNITS = (
    gettext_lazy("%(number)s kB"),
    gettext_lazy("%(number)s MB"),
    gettext_lazy("%(number)s GB"),
    gettext_lazy("%(number)s TB"),
    gettext_lazy("%(number)s PB"),
)
# 1000 of a unit are one of the next; from this number on there are no decimals.
NEXT_UNIT, WHOLE = 999.5, 99.95
# Seconds in a unit, and the number below which it is used.
SPANS = ((1, 60), (60, 60), (3600, 48), (86400, inf))
SPAN_TEXTS = (
    ngettext_lazy("%(count)d s", "%(count)d s", "count"),
    ngettext_lazy("%(count)d min", "%(count)d min", "count"),
    ngettext_lazy("%(count)d hour", "%(count)d hours", "count"),
    ngettext_lazy("%(count)d day", "%(count)d days", "count"),
)
# Languages inflect the unit after a preposition.
UNTIL_TEXTS = (
    ngettext_lazy("in %(count)d s", "in %(count)d s", "count"),
    ngettext_lazy("in %(count)d min", "in %(count)d min", "count"),
    ngettext_lazy("in %(count)d hour", "in %(count)d hours", "count"),
    ngettext_lazy("in %(count)d day", "in %(count)d days", "count"),
)
AGO_TEXTS = (
    ngettext_lazy("%(count)d s ago", "%(count)d s ago", "count"),
    ngettext_lazy("%(count)d min ago", "%(count)d min ago", "count"),
    ngettext_lazy("%(count)d hour ago", "%(count)d hours ago", "count"),
    ngettext_lazy("%(count)d day ago", "%(count)d days ago", "count"),
)


def format_size(count: int) -> str:
    """Bytes in decimal units: 512 bytes, 18.2 MB, 412 MB, 1.4 GB."""
    if count < 1000:
        return ngettext("%(count)d byte", "%(count)d bytes", count) % {"count": count}
    value = float(count)
    for unit in UNITS:
        value /= 1000
        if value < NEXT_UNIT or unit is UNITS[-1]:
            break
    decimals = 1 if value < WHOLE and f"{value:.1f}"[-2:] != ".0" else 0
    return str(unit) % {"number": number_format(f"{value:.{decimals}f}")}


def format_span(length: timedelta | float, texts: tuple[StrPromise, ...] = SPAN_TEXTS) -> str:
    """A duration in the nearest unit: 45 s, 4 min, 3 hours, 7 days. A number is in seconds."""
    index, count = nearest_unit(length)
    return texts[index] % {"count": count}


def nearest_unit(length: timedelta | float) -> tuple[int, int]:
    """The index in ``SPANS`` of the unit of a duration, and the number of these units."""
    seconds = max(0.0, length.total_seconds() if isinstance(length, timedelta) else length)
    counts = [int(seconds / unit + 0.5) for unit, _limit in SPANS]
    index = next(index for index, (_unit, limit) in enumerate(SPANS) if counts[index] < limit)
    return index, counts[index]


def format_expiry(length: timedelta) -> str:
    """A length that someone selects or sets, of whole hours: 2 hours, 1 day, 7 days."""
    hours = length // timedelta(hours=1)
    return SPAN_TEXTS[2] % {"count": hours} if hours % 24 else SPAN_TEXTS[3] % {"count": hours // 24}


def format_moment(moment: datetime, now: datetime | None = None) -> str:
    """In UTC: Sat 28 Nov, 14:00; with the year if it differs from that of ``now``, or without ``now``."""
    utc = moment.astimezone(UTC)
    if now is not None and utc.year == now.astimezone(UTC).year:
        return dateformat.format(utc, pgettext("date format", "D j M, H:i"))
    return dateformat.format(utc, pgettext("date format", "D j M Y, H:i"))
