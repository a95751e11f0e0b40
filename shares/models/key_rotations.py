"""Rotations of the key pair that signs: the last one decides which pair every process uses."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class KeyRotation(models.Model):
    """``access_key_id`` names the pair that signs from now on; secrets are in the settings alone."""

    access_key_id = models.CharField(_("access key id"), max_length=128, editable=False)
    previous_key_id = models.CharField(_("previous access key id"), max_length=128, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("key rotation"), _("key rotations")
        ordering: ClassVar = ["-pk"]
        # For the page of the doctor, which is about the storage and no rows.
        permissions: ClassVar = [("examine_storage", _("Can examine the storage"))]

    def __str__(self) -> str:
        return gettext("rotation to %(key)s") % {"key": self.access_key_id}
