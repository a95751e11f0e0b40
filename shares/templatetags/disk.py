"""For administrators: how full the disk is, before it is full."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from shares.services import disk

register = template.Library()
FULL = _("The disk of the data folder is full: %(space)s left. Nothing can be saved until there is free space.")
LOW = _("The disk of the data folder is almost full: %(space)s left. Free some space before uploads stop.")


@register.simple_tag
def disk_notice() -> SafeString:
    """Nothing while there is enough space."""
    free_space = disk.free_space()
    if not (free_space.low or free_space.full):
        return SafeString()
    message = FULL if free_space.full else LOW
    return format_html('<p class="errornote">{}</p>', message % {"space": free_space})
