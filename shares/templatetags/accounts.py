"""What pages need to know about accounts here."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def mail_works() -> bool:
    """Whether this installation can send email; where it can't, no page promises any."""
    return bool(settings.EMAIL_URL)


@register.simple_tag
def signup_open() -> bool:
    return bool(settings.SIGNUP_OPEN)
