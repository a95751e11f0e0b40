"""A grant: one browser's right to fetch the files of one share, again or resumed, for a while."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext as _

from shares.formats import format_moment
from shares.models.ids import new_id
from shares.models.shares import Share


class Grant(models.Model):
    id = models.CharField(primary_key=True, max_length=22, default=new_id, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="grants", editable=False)
    password_version = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return _("grant of %(moment)s UTC") % {"moment": format_moment(self.created_at)}
