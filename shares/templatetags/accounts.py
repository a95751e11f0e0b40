"""What pages need to know about accounts here."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def signup_open() -> bool:
    return bool(settings.SIGNUP_OPEN)
