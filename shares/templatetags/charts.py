"""Small drawings by the server, as SVG without inline styles: a row of bars, a QR code."""

from collections.abc import Sequence
from functools import lru_cache

import segno
from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()
WIDTH, HEIGHT = 56, 20


@register.simple_tag
def bars(counts: Sequence[int]) -> SafeString:
    """One bar a day, oldest first; a hairline where there was nothing. The number beside it is the sum."""
    return _draw_bars(tuple(counts))


@lru_cache(maxsize=1024)
def _draw_bars(counts: tuple[int, ...]) -> SafeString:
    step = WIDTH / max(1, len(counts))
    top = max([1, *counts])
    boxes = []
    for index, count in enumerate(counts):
        tall = max(2, round(HEIGHT * count / top)) if count else 1
        boxes.append((round(index * step, 1), HEIGHT - tall, round(step - 1, 1), tall, "some" if count else "none"))
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>',
        WIDTH,
        HEIGHT,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>', boxes),
    )


@register.simple_tag
def qr(url: str) -> SafeString:
    label = escape(_("QR code of the link"))
    return mark_safe(_draw_qr(url).replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S308 - digits


@lru_cache(maxsize=1024)
def _draw_qr(url: str) -> str:
    """Once a link and process: it takes as long as the rest of the page."""
    code = segno.make(url, error="m", micro=False)
    drawing: str = code.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None)
    return drawing
