"""The audit trail: append-only, without foreign keys, so that an event outlives its subject and takes no lock on it."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models


class EventQuerySet(models.QuerySet["Event"]):
    def of_share(self, share_id: str) -> Self:
        return self.filter(share_id=share_id)

    def aged(self, before: datetime) -> Self:
        return self.filter(occurred_at__lt=before)

    def update(self, **_columns: Any) -> int:
        raise TypeError("Events are append-only.")


class Event(models.Model):
    class Kind(models.TextChoices):
        CREATED = "created"
        EDITED = "edited"
        OPENED = "opened"
        UNLOCKED = "unlocked"
        REFUSED = "refused"
        GRANTED = "granted"
        SIGNED = "signed"
        STREAMED = "streamed"
        UPLOADED = "uploaded"
        REVOKED = "revoked"
        PURGED = "purged"
        ADMIN = "admin", "admin act"
        RESHARE_REQUESTED = "asked", "asked for again"
        WITHHELD = "withheld"
        FINISHED = "finished"

    occurred_at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind)
    share_id = models.CharField(max_length=22, blank=True)
    file_id = models.CharField(max_length=22, blank=True)
    name = models.CharField(max_length=255, blank=True, help_text="The name of the share or file at that time.")
    user_email = models.CharField(max_length=254, blank=True, help_text="The account, if one was signed in.")
    address = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index("share_id", "kind", name="event_share_kind"),
            models.Index("share_id", models.F("id").desc(), name="event_history"),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M:%S} {self.kind} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Events are append-only.")
        super().save(*args, **kwargs)
