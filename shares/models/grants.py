"""A grant: the right of one browser to fetch the files of one share, repeatedly, until the grant expires."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models.ids import new_id
from shares.models.shares import Share


class Grant(models.Model):
    id = models.CharField(_("id"), primary_key=True, max_length=22, default=new_id, editable=False)
    share = models.ForeignKey(
        Share, on_delete=models.CASCADE, related_name="grants", editable=False, verbose_name=_("share")
    )
    password_version = models.PositiveIntegerField(_("password version"), editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    expires_at = models.DateTimeField(_("expires at"), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("grant"), _("grants")
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return gettext("grant of %(moment)s UTC") % {"moment": format_moment(self.created_at)}
