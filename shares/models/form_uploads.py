"""An upload by a plain form, which a browser sends to storage without JavaScript."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.models.files import SharedFile
from shares.models.ids import new_key


class FormUpload(models.Model):
    """The form stores an object of its own, under ``key``: its policy allows that again until it expires. The server
    copies that object to the key of the file, which no form can overwrite.
    """

    file = models.OneToOneField(
        SharedFile, primary_key=True, on_delete=models.CASCADE, related_name="form_upload", verbose_name=_("file")
    )
    key = models.CharField(_("object key"), max_length=34, default=new_key, unique=True, editable=False)
    max_bytes = models.BigIntegerField(_("largest size in bytes"), editable=False)
    urls_expire_at = models.DateTimeField(
        _("forms expire at"), null=True, editable=False, help_text=_("When the last form for its bytes expires.")
    )
    copying_until = models.DateTimeField(
        _("copying until"), null=True, editable=False, help_text=_("Until then one request copies the object.")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("form upload"), _("form uploads")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(max_bytes__gte=1), name="form_upload_max_bytes_positive"),
        ]

    def __str__(self) -> str:
        return gettext("form upload of %(file)s") % {"file": self.file_id}
