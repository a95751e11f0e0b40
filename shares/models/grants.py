"""A grant: the right of one browser to fetch the files of one share, repeatedly, until the grant expires."""

from typing import ClassVar

from django.db import models

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
        return f"grant of {format_moment(self.created_at)} UTC"
