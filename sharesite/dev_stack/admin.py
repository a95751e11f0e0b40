"""The first administrator, without whom nobody can sign in."""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from shares.models import User
from sharesite.dev_stack.managed_process import StackError

DEFAULT_EMAIL = "admin@localhost"


def first_admin() -> str:
    """Create the first administrator if there is none. Returns a text that explains how to sign in.

    A generated password is in that text once, and is stored only as a hash.
    """
    administrator = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if administrator:
        return f"sign in as {administrator.email}"
    email = settings.SITE_ADMIN_EMAIL or DEFAULT_EMAIL
    try:
        validate_email(email)
    except ValidationError:
        raise StackError(f"SITE_ADMIN_EMAIL is {email!r}, which is not an email address.") from None
    if User.objects.filter(email__iexact=email).exists():
        raise StackError(f"{email} has an account that is no administrator; set SITE_ADMIN_EMAIL to another address.")
    password = settings.SITE_ADMIN_PASSWORD or secrets.token_urlsafe(12)
    User.objects.create_superuser(email, password)
    if settings.SITE_ADMIN_PASSWORD:
        return f"sign in as {email} with the password from SITE_ADMIN_PASSWORD"
    return f"sign in as {email} with the password {password} (shown only now)"
