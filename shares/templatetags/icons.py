"""Icons, inlined as SVG from the npm package that the set-up installs; none is kept in the repository."""

import re
from functools import cache
from pathlib import Path

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
FOLDER = Path(__file__).resolve().parents[2] / "templates" / "icons"


@cache
def drawing(name: str) -> SafeString:
    """The icon's SVG, hidden from screen readers: the words beside it say it. Empty where the package is missing."""
    file = FOLDER / f"{name}.svg"
    if not file.is_file():
        return SafeString("")
    shapes = re.sub(r"<!--.*?-->|<svg.*?>|</svg>|\s*\n\s*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return mark_safe(  # noqa: S308 - the package's own drawing, read from disk
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{shapes}</svg>'
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    return drawing(name)
