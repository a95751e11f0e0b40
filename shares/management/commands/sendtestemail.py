"""Django's test email, which fails if no email can be sent, instead of dropping it silently."""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import sendtestemail
from django.utils.translation import gettext


class Command(sendtestemail.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMAIL_URL:
            raise CommandError(gettext("Email is off: EMAIL_URL is not set."))
        try:
            super().handle(*args, **options)
        except (OSError, SMTPException) as error:
            raise CommandError(gettext("The email could not be sent: %(error)s") % {"error": error}) from error
        self.stdout.write(gettext("Sent."))
