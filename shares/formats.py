"""Sizes, durations and dates as text, the same in pages, emails, messages and the terminal.

Standard library only. ``static/js/pages/local-time.js`` and ``static/js/lib/format.js`` follow the same rules;
``tests/formats.json`` holds both sides against them.
"""

from datetime import UTC, datetime, timedelta
from math import inf

UNITS = ("kB", "MB", "GB", "TB", "PB")
# 1000 of a unit are one of the next; from this number on there are no decimals.
NEXT_UNIT, WHOLE = 999.5, 99.95
# Seconds in a unit, its name, its plural, and the number below which it is used.
SPANS = ((1, "s", "s", 60), (60, "min", "min", 60), (3600, "hour", "hours", 48), (86400, "day", "days", inf))


def format_size(count: int) -> str:
    """Bytes in decimal units: 512 bytes, 18.2 MB, 412 MB, 1.4 GB."""
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    value = float(count)
    for unit in UNITS:
        value /= 1000
        if value < NEXT_UNIT or unit == UNITS[-1]:
            break
    text = f"{value:.1f}".removesuffix(".0") if value < WHOLE else f"{value:.0f}"
    return f"{text} {unit}"


def format_span(length: timedelta | float) -> str:
    """A duration in the nearest unit: 45 s, 4 min, 3 hours, 7 days. A number is in seconds."""
    seconds = max(0.0, length.total_seconds() if isinstance(length, timedelta) else length)
    unit, singular, plural = next(span[:3] for span in SPANS if int(seconds / span[0] + 0.5) < span[3])
    count = int(seconds / unit + 0.5)
    return f"{count} {singular if count == 1 else plural}"


def format_moment(moment: datetime, now: datetime | None = None) -> str:
    """In UTC: Sat 28 Nov, 14:00; with the year if it differs from that of ``now``, or without ``now``."""
    utc = moment.astimezone(UTC)
    year = "" if now is not None and utc.year == now.astimezone(UTC).year else f" {utc.year}"
    return f"{utc:%a} {utc.day} {utc:%b}{year}, {utc:%H:%M}"
