"""Heartbeats of the scheduler and the worker: one that stalls leaves an old row."""

from django.db import models
from django.utils.translation import gettext as _

from shares.formats import format_moment


class Heartbeat(models.Model):
    name = models.CharField(primary_key=True, max_length=40)
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return _("%(name)s at %(moment)s UTC") % {"name": self.name, "moment": format_moment(self.last_seen_at)}
