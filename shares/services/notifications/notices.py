"""Email to owners. Operations mark rows; this module sends emails for marked rows, so a lost worker loses none.

Without a mail server nothing is sent and nothing is marked as sent: owners see it on their pages.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from shares.models import PasswordAttempt, ReshareRequest, Scan, Share, User
from shares.services.passwords import NOTIFY_OWNER_AFTER
from shares.services.sharing.summaries import display_title

MAX_NAMED_FILES = 10
# A request that could not be sent for this long is listed for the owner, but no longer sent.
MAX_AGE = timedelta(days=7)
log = logging.getLogger(__name__)


def notify_of_password_attempts(*, now: datetime) -> int:
    """Notify owners of many wrong passwords for a share, once for each password. Returns their number."""
    if not settings.EMAIL_URL:
        return 0
    unnotified = PasswordAttempt.objects.filter(
        source=PasswordAttempt.ANY_SOURCE, failures__gte=NOTIFY_OWNER_AFTER, notified_at__isnull=True
    )
    notified = 0
    for attempt in unnotified.select_related("share__owner")[:100]:
        if not unnotified.filter(pk=attempt.pk).update(notified_at=now):
            continue
        if _send("wrong_passwords", attempt.share, {"failures": attempt.failures}):
            notified += 1
        else:
            PasswordAttempt.objects.filter(pk=attempt.pk).update(notified_at=None)
    return notified


def notify_of_reshare_requests(*, now: datetime) -> int:
    """Notify owners of requests to share again, once for each request. Returns their number."""
    if not settings.EMAIL_URL:
        return 0
    unnotified = ReshareRequest.objects.filter(notified_at__isnull=True, created_at__gte=now - MAX_AGE)
    notified = 0
    for reshare_request in unnotified.select_related("share__owner").order_by("created_at")[:100]:
        if not unnotified.filter(pk=reshare_request.pk).update(notified_at=now):
            continue
        if _send(
            "reshare_request",
            reshare_request.share,
            {"recipient_name": reshare_request.recipient_name, "state": reshare_request.share.state(now)},
        ):
            notified += 1
        else:
            ReshareRequest.objects.filter(pk=reshare_request.pk).update(notified_at=None)
    return notified


def notify_of_infected_files(*, now: datetime) -> int:
    """Notify owners and all administrators of files that the virus scanner withheld, once. Returns the number of
    owners.
    """
    if not settings.EMAIL_URL:
        return 0
    unnotified = Scan.objects.filter(verdict=Scan.Verdict.INFECTED, notified_at__isnull=True)
    notified = 0
    for share in Share.objects.filter(files__scan__in=unnotified).select_related("owner").distinct()[:100]:
        matches = unnotified.filter(file__share=share).select_related("file").order_by("created_at")
        claimed = [scan for scan in matches if unnotified.filter(pk=scan.pk).update(notified_at=now)]
        values = {"scans": claimed[:MAX_NAMED_FILES], "more": len(claimed) - MAX_NAMED_FILES}
        if not claimed:
            continue
        if not _send("quarantined_file", share, values):
            Scan.objects.filter(pk__in=[scan.pk for scan in claimed]).update(notified_at=None)
            continue
        notified += 1
        for admin in User.objects.filter(is_staff=True, is_active=True).exclude(pk=share.owner_id):
            _send("quarantined_file", share, values | {"admin": admin}, to=admin.email)
    return notified


def _send(name: str, share: Share, values: Mapping[str, object], *, to: str = "") -> bool:
    """Send the email ``emails/<name>`` to the share's owner, or to ``to``; False if the mail server is unavailable."""
    url = f"{settings.SITE_URL}/shares/{share.pk}/"
    names = share.files.not_removed().order_by("position", "pk").values_list("name", flat=True)
    # Accounts have no language of their own: their emails are in that of the site.
    with translation.override(settings.LANGUAGE_CODE):
        title = display_title(share, "" if share.title else names.first() or "", names.count())
        context = {**values, "share": share, "title": title, "site": settings.SITE_URL, "url": url}
        subject = render_to_string(f"emails/{name}.subject.txt", context).strip()
        message, html_message = (render_to_string(f"emails/{name}.body.{kind}", context) for kind in ("txt", "html"))
    try:
        send_mail(
            subject=subject,
            message=message,
            from_email=None,
            recipient_list=[to or share.owner.email],
            html_message=html_message,
        )
    except (OSError, SMTPException) as error:
        log.warning("A mail (%s) could not be sent: %s", name, error)
        return False
    return True
