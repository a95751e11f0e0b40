"""Requests to make an ended share available again: listed for its owner, and sent by email if that is set up."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models.shares import Share


class ReshareRequest(models.Model):
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="reshare_requests", editable=False)
    recipient_name = models.CharField(
        max_length=100, blank=True, editable=False, help_text=_("As the recipient wrote it.")
    )
    created_at = models.DateTimeField(editable=False)
    notified_at = models.DateTimeField(null=True, editable=False, help_text=_("When the owner was notified."))

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index("created_at", condition=Q(notified_at__isnull=True), name="reshare_request_unnotified"),
        ]

    def __str__(self) -> str:
        return gettext("requested again, %(moment)s UTC") % {"moment": format_moment(self.created_at)}
