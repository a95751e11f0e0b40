"""The audit trail: append-only, without foreign keys, so that an event outlives its subject and takes no lock on it."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventQuerySet(models.QuerySet["Event"]):
    def of_share(self, share_id: str) -> Self:
        return self.filter(share_id=share_id)

    def aged(self, before: datetime) -> Self:
        return self.filter(occurred_at__lt=before)

    def update(self, **_columns: Any) -> int:
        raise TypeError("Events are append-only.")


class Event(models.Model):
    class Kind(models.TextChoices):
        CREATED = "created", _("Created")
        EDITED = "edited", _("Edited")
        OPENED = "opened", _("Opened")
        UNLOCKED = "unlocked", _("Unlocked")
        REFUSED = "refused", _("Refused")
        GRANTED = "granted", _("Granted")
        SIGNED = "signed", _("Signed")
        STREAMED = "streamed", _("Streamed")
        UPLOADED = "uploaded", _("Uploaded")
        REVOKED = "revoked", _("Revoked")
        PURGED = "purged", _("Purged")
        ADMIN = "admin", _("admin action")
        RESHARE_REQUESTED = "asked", _("requested again")
        WITHHELD = "withheld", _("Withheld")
        FINISHED = "finished", _("Finished")
        UPLOAD_URLS = "put_urls", _("Upload URLs signed")
        THUMBNAIL_URLS = "pictures", _("Thumbnail URLs signed")

    occurred_at = models.DateTimeField(_("occurred at"), db_index=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    share_id = models.CharField(_("share id"), max_length=22, blank=True)
    file_id = models.CharField(_("file id"), max_length=22, blank=True)
    name = models.CharField(
        _("name"), max_length=255, blank=True, help_text=_("The name of the share or file at that time.")
    )
    user_email = models.CharField(
        _("user email"), max_length=254, blank=True, help_text=_("The account, if one was signed in.")
    )
    address = models.CharField(_("address"), max_length=64, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    reference = models.CharField(
        _("reference"),
        max_length=22,
        blank=True,
        default="",
        help_text=_("What the signed URLs contain, and so the access log of the storage: the id of the grant, if any."),
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index("share_id", "kind", name="event_share_kind"),
            models.Index("share_id", models.F("id").desc(), name="event_history"),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M:%S} {self.get_kind_display()} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Events are append-only.")
        super().save(*args, **kwargs)
