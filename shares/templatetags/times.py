"""Times and durations as text. The time of the page is an argument, so that one page has one time."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shares.formats import AGO_TEXTS, SPAN_TEXTS, UNTIL_TEXTS, format_moment, format_span, nearest_unit

register = template.Library()
register.filter("span", format_span)
# For text that no script makes local: Sat 28 Nov, 14:00.
register.filter("utc", format_moment)


@register.simple_tag
def moment(value: datetime | None, now: datetime, style: str = "plain") -> SafeString | str:
    """A ``<time>`` that reads well without JavaScript and becomes local time with it.

    ``plain``: "Sat 28 Nov, 14:00 UTC"; ``until``: "in 6 days (Sat 28 Nov, 14:00 UTC)"; ``left``: "4 min";
    ``ago``: "3 hours ago". The last two carry the absolute time as their title. None: "never".
    """
    if value is None:
        return _("never")
    length = now - value if style == "ago" else value - now
    unit = (0, 0) if style == "plain" else nearest_unit(length)
    is_reached = length < timedelta(minutes=1) if style == "ago" else length <= timedelta(0)
    return _render(value, style, unit, now.astimezone(UTC).year, get_language(), is_reached=is_reached)


@lru_cache(maxsize=4096)
def _render(
    value: datetime,
    style: str,
    unit: tuple[int, int],
    year: int,
    _language: str | None,
    *,
    is_reached: bool,
) -> SafeString:
    """What ``moment`` displays, which changes less often than the time does: most pages repeat it."""
    index, count = unit
    absolute = _("%(moment)s UTC") % {"moment": format_moment(value, datetime(year, 1, 1, tzinfo=UTC))}
    text = absolute
    if style == "left":
        text = SPAN_TEXTS[index] % {"count": count}
    elif style == "ago":
        text = _("just now") if is_reached else AGO_TEXTS[index] % {"count": count}
    elif style == "until" and not is_reached:
        text = _("%(span)s (%(moment)s)") % {"span": UNTIL_TEXTS[index] % {"count": count}, "moment": absolute}
    timestamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    title = "" if style == "plain" else absolute
    return format_html('<time datetime="{}" data-style="{}" title="{}">{}</time>', timestamp, style, title, text)
