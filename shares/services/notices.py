"""Mail to owners. Deeds stamp rows; this looks for stamped rows and writes, so a lost worker loses no word."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from shares.models import Guess
from shares.services.passwords import TELL_OWNER_AFTER

log = logging.getLogger(__name__)


def tell_of_guesses(*, now: datetime) -> int:
    """Tell owners whose share's password was guessed wrong many times, once per password. Returns how many."""
    untold = Guess.objects.filter(source=Guess.EVERYONE, failures__gte=TELL_OWNER_AFTER, told_at__isnull=True)
    told = 0
    for guess in untold.select_related("share__owner")[:100]:
        if not untold.filter(pk=guess.pk).update(told_at=now):
            continue
        context = {
            "share": guess.share,
            "failures": guess.failures,
            "url": f"{settings.SITE_URL}/shares/{guess.share_id}/",
        }
        try:
            send_mail(
                subject=render_to_string("emails/guesses.subject.txt", context).strip(),
                message=render_to_string("emails/guesses.body.txt", context),
                from_email=None,
                recipient_list=[guess.share.owner.email],
                html_message=render_to_string("emails/guesses.body.html", context),
            )
            told += 1
        except (OSError, SMTPException) as error:
            log.warning("Mail about wrong passwords could not be sent: %s", error)
            Guess.objects.filter(pk=guess.pk).update(told_at=None)
    return told
