"""Wishes of recipients for a share that has ended: shown to its owner and, where there is email, written to them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models.shares import Share


class Ask(models.Model):
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="asks", editable=False)
    who = models.CharField(max_length=100, blank=True, editable=False, help_text=_("As the recipient wrote it."))
    created_at = models.DateTimeField(editable=False)
    told_at = models.DateTimeField(null=True, editable=False, help_text=_("When the owner was notified."))

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index("created_at", condition=Q(told_at__isnull=True), name="ask_untold"),
        ]

    def __str__(self) -> str:
        return gettext("requested again, %(moment)s UTC") % {"moment": format_moment(self.created_at)}
