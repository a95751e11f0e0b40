"""Moments and spans as people say them. The page's clock is passed in, so that one page tells one time."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def span(length: timedelta | int) -> str:
    """A length in one unit, rounded down: 45 s, 4 min, 3 hours, 6 days. An int is in seconds."""
    seconds = max(0, int(length.total_seconds() if isinstance(length, timedelta) else length))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    count, word = (seconds // HOUR, "hour") if seconds < 2 * DAY else (seconds // DAY, "day")
    return f"{count} {word}{'' if count == 1 else 's'}"


def written(moment: datetime, now: datetime) -> str:
    """Sat 28 Nov, 14:00; with the year when it is another one. In UTC; the page's script turns it local."""
    utc = moment.astimezone(UTC)
    year = "" if utc.year == now.astimezone(UTC).year else f" {utc.year}"
    return f"{utc:%a} {utc.day} {utc:%b}{year}, {utc:%H:%M}"


@register.simple_tag
def moment(value: datetime | None, now: datetime, style: str = "plain") -> SafeString | str:
    """A ``<time>`` that reads well without JavaScript and becomes local time with it.

    ``plain``: "Sat 28 Nov, 14:00 UTC"; ``until``: "in 6 days (Sat 28 Nov, 14:00 UTC)"; ``left``: "4 min";
    ``ago``: "3 hours ago". The last two carry the absolute time as their title. None: "never".
    """
    if value is None:
        return "never"
    absolute = f"{written(value, now)} UTC"
    words = {
        "plain": absolute,
        "until": f"in {span(value - now)} ({absolute})" if value > now else absolute,
        "left": span(value - now),
        "ago": "just now" if now - value < timedelta(minutes=1) else f"{span(now - value)} ago",
    }[style]
    stamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    title = "" if style == "plain" else absolute
    return format_html('<time datetime="{}" data-style="{}" title="{}">{}</time>', stamp, style, title, words)
