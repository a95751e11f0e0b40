"""Reports of abuse, sent by recipients to the administrators of the site."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models.shares import Share


class Report(models.Model):
    """Open until an administrator closes it."""

    class Reason(models.TextChoices):
        MALWARE = "malware", _("Contains malware")
        FRAUD = "fraud", _("Is phishing or fraud")
        HARM = "harm", _("Is illegal or harms people")
        PRIVACY = "privacy", _("Shows private data of mine or of others")
        COPYRIGHT = "copyright", _("Infringes a copyright")
        OTHER_REASON = "other", _("Something else")

    share = models.ForeignKey(
        Share, on_delete=models.CASCADE, related_name="reports", editable=False, verbose_name=_("share")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, editable=False)
    details = models.TextField(_("details"), max_length=2000, blank=True, editable=False)
    contact = models.CharField(_("contact"), max_length=254, blank=True, editable=False)
    address = models.CharField(_("address"), max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    closed_by = models.CharField(_("closed by"), max_length=254, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("report"), _("reports")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index("created_at", condition=Q(closed_at__isnull=True), name="report_open"),
        ]

    def __str__(self) -> str:
        values = {"reason": self.get_reason_display(), "moment": format_moment(self.created_at)}
        return gettext("%(reason)s, %(moment)s UTC") % values
