"""For administrators: how full the disk is, before it is full."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shares.services import disk

register = template.Library()
FULL = "The disk of the data folder is full: {} left. Nothing can be saved until there is room."
LOW = "The disk of the data folder is almost full: {} left. Make room before uploads stop."


@register.simple_tag
def disk_notice() -> SafeString:
    """Nothing at all while there is enough room."""
    room = disk.room()
    if not (room.low or room.full):
        return SafeString()
    words = FULL if room.full else LOW
    return format_html('<p class="errornote">{}</p>', words.format(room))
