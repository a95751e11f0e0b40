"""The picture of a file over its badge: where there is none, or its address has died, the badge is what is seen."""

from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class PictureLink(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...


@register.simple_tag
def picture(pictures: dict[str, PictureLink], file_id: str) -> SafeString | str:
    """An ``img`` with its size, so that nothing moves, and no text: the name is beside it."""
    thumbnail = pictures.get(file_id) if pictures else None
    if thumbnail is None:
        return ""
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer">',
        thumbnail.url,
        thumbnail.width,
        thumbnail.height,
    )
