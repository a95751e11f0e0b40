"""Mail to owners. Deeds stamp rows; this looks for stamped rows and writes, so a lost worker loses no word."""

import logging
from collections.abc import Mapping
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from shares.models import Ask, Guess, Share
from shares.services.passwords import TELL_OWNER_AFTER

log = logging.getLogger(__name__)


def tell_of_guesses(*, now: datetime) -> int:
    """Tell owners whose share's password was guessed wrong many times, once per password. Returns how many."""
    untold = Guess.objects.filter(source=Guess.EVERYONE, failures__gte=TELL_OWNER_AFTER, told_at__isnull=True)
    told = 0
    for guess in untold.select_related("share__owner")[:100]:
        if not untold.filter(pk=guess.pk).update(told_at=now):
            continue
        context = {"share": guess.share, "failures": guess.failures}
        try:
            _write("guesses", guess.share, context)
            told += 1
        except (OSError, SMTPException) as error:
            log.warning("Mail about wrong passwords could not be sent: %s", error)
            Guess.objects.filter(pk=guess.pk).update(told_at=None)
    return told


def tell_of_asks(*, now: datetime) -> int:
    """Tell owners that somebody wants a share of theirs again, once per wish. Returns how many."""
    untold = Ask.objects.filter(told_at__isnull=True)
    told = 0
    for ask in untold.select_related("share__owner").order_by("created_at")[:100]:
        if not untold.filter(pk=ask.pk).update(told_at=now):
            continue
        try:
            _write("ask", ask.share, {"share": ask.share, "who": ask.who, "state": ask.share.state(now)})
            told += 1
        except (OSError, SMTPException) as error:
            log.warning("Mail about a share that is asked for could not be sent: %s", error)
            Ask.objects.filter(pk=ask.pk).update(told_at=None)
    return told


def _write(name: str, share: Share, words: Mapping[str, object]) -> None:
    """Mail ``emails/<name>`` to the share's owner."""
    context = {**words, "url": f"{settings.SITE_URL}/shares/{share.pk}/"}
    send_mail(
        subject=render_to_string(f"emails/{name}.subject.txt", context).strip(),
        message=render_to_string(f"emails/{name}.body.txt", context),
        from_email=None,
        recipient_list=[share.owner.email],
        html_message=render_to_string(f"emails/{name}.body.html", context),
    )
