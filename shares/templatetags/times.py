"""Times and durations as text. The time of the page is an argument, so that one page has one time."""

from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shares.formats import AGO_TEXTS, UNTIL_TEXTS, format_moment, format_span

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
    absolute = _("%(moment)s UTC") % {"moment": format_moment(value, now)}
    until = _("%(span)s (%(moment)s)") % {"span": format_span(value - now, UNTIL_TEXTS), "moment": absolute}
    text = {
        "plain": absolute,
        "until": until if value > now else absolute,
        "left": format_span(value - now),
        "ago": _("just now") if now - value < timedelta(minutes=1) else format_span(now - value, AGO_TEXTS),
    }[style]
    timestamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    title = "" if style == "plain" else absolute
    return format_html('<time datetime="{}" data-style="{}" title="{}">{}</time>', timestamp, style, title, text)
