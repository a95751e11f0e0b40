"""A share: a link to files, with an expiry, an optional download limit and an optional password."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models.ids import new_id
from shares.models.presets import Preset

if TYPE_CHECKING:
    from shares.models.users import User


class ShareQuerySet(models.QuerySet["Share"]):
    def owned_by(self, user: "User") -> Self:
        return self.filter(owner=user)

    def not_ended(self, now: datetime) -> Self:
        """Neither revoked, suspended, expired nor claimed by the purge. May still be used up, or a draft."""
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(unexpired, revoked_at__isnull=True, suspended_at__isnull=True, purging_at__isnull=True)

    def live(self, now: datetime) -> Self:
        """Shares from which anyone with the link can download at ``now``."""
        return self.not_ended(now).filter(live_at__isnull=False, used_up_at__isnull=True)

    def in_state(self, state: str, now: datetime) -> Self:
        """Shares whose ``state(now)`` is ``state``; an unknown state matches nothing. Mirrors ``Share.state``."""
        unpurged = Q(purged_at__isnull=True)
        unrevoked = unpurged & Q(revoked_at__isnull=True)
        free = unrevoked & Q(suspended_at__isnull=True)
        current = free & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        unused = current & Q(used_up_at__isnull=True)
        conditions: dict[str, Q] = {
            Share.State.PURGED: Q(purged_at__isnull=False),
            Share.State.REVOKED: unpurged & Q(revoked_at__isnull=False),
            Share.State.SUSPENDED: unrevoked & Q(suspended_at__isnull=False),
            Share.State.EXPIRED: free & Q(expires_at__lte=now),
            Share.State.USED_UP: current & Q(used_up_at__isnull=False),
            Share.State.DRAFT: unused & Q(live_at__isnull=True),
            Share.State.LIVE: unused & Q(live_at__isnull=False),
        }
        return self.filter(conditions[state]) if state in conditions else self.none()

    def due_for_purge(self, now: datetime, grace: timedelta) -> Self:
        """Ended long enough: revoked (no grace), or expired or used up ``grace`` ago."""
        is_due = Q(revoked_at__isnull=False) | Q(expires_at__lte=now - grace) | Q(used_up_at__lte=now - grace)
        return self.filter(is_due, purging_at__isnull=True)


class Share(models.Model):
    """The state is derived from the columns and the time, at each download; the purge only cleans up."""

    class State(models.TextChoices):
        DRAFT = "draft", _("uploading")
        LIVE = "live", _("live")
        EXPIRED = "expired", _("expired")
        USED_UP = "used_up", _("used up")
        REVOKED = "revoked", _("removed")
        SUSPENDED = "suspended", _("blocked for abuse")
        PURGED = "purged", _("deleted")

    id = models.CharField(_("id"), primary_key=True, max_length=22, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shares", verbose_name=_("owner")
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    message = models.TextField(_("message"), max_length=5000, blank=True)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, help_text=_("Empty: never."))
    max_downloads = models.PositiveIntegerField(
        _("max downloads"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    # Exact while a limit is set. Without one nothing is counted here, so that a busy share has no hot row; its
    # downloads are its grants, and an edit that sets a limit starts from their number.
    download_count = models.PositiveIntegerField(_("downloads"), default=0, editable=False)
    password = models.CharField(_("password"), max_length=200, blank=True, editable=False)
    password_version = models.PositiveIntegerField(_("password version"), default=1, editable=False)
    strict = models.BooleanField(
        _("strict"), default=False, help_text=_("Files are streamed through this server; no reusable URL leaves it.")
    )
    reshare_requests_enabled = models.BooleanField(
        _("can be requested again"),
        default=False,
        help_text=_("Recipients of the expired or used up share can ask the owner for it."),
    )
    preset = models.ForeignKey(
        Preset, on_delete=models.SET_NULL, null=True, blank=True, related_name="shares", verbose_name=_("preset")
    )
    live_at = models.DateTimeField(
        _("live at"), null=True, editable=False, help_text=_("When the first file was verified.")
    )
    used_up_at = models.DateTimeField(_("used up at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    suspended_at = models.DateTimeField(
        _("suspended at"), null=True, editable=False, help_text=_("Blocked by an administrator.")
    )
    purging_at = models.DateTimeField(
        _("purging at"), null=True, editable=False, help_text=_("Point of no return: the deletion has begun.")
    )
    purged_at = models.DateTimeField(_("purged at"), null=True, editable=False)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("share"), _("shares")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index("owner", F("created_at").desc(), F("id").desc(), name="share_list"),
            models.Index("expires_at", condition=Q(purged_at__isnull=True), name="share_expiring"),
            models.Index("used_up_at", condition=Q(purged_at__isnull=True), name="share_used_up"),
            models.Index("revoked_at", condition=Q(purged_at__isnull=True), name="share_revoked"),
            models.Index(
                "purging_at", condition=Q(purging_at__isnull=False, purged_at__isnull=True), name="share_purging"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(max_downloads__isnull=True) | Q(max_downloads__gte=1), name="share_cap_positive"
            ),
            models.CheckConstraint(
                condition=Q(max_downloads__isnull=True) | Q(download_count__lte=F("max_downloads")),
                name="share_cap_never_exceeded",
            ),
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(purging_at__isnull=False), name="share_purge_was_claimed"
            ),
        ]

    def __str__(self) -> str:
        return self.title or gettext("share of %(moment)s UTC") % {"moment": format_moment(self.created_at)}

    def state(self, now: datetime) -> "Share.State":
        if self.purged_at is not None:
            return self.State.PURGED
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.suspended_at is not None:
            return self.State.SUSPENDED
        if self.expires_at is not None and self.expires_at <= now:
            return self.State.EXPIRED
        if self.used_up_at is not None:
            return self.State.USED_UP
        return self.State.DRAFT if self.live_at is None else self.State.LIVE

    @property
    def has_password(self) -> bool:
        return bool(self.password)

    @property
    def remaining(self) -> int | None:
        """Downloads that the limit still allows; None without a limit."""
        return None if self.max_downloads is None else max(0, self.max_downloads - self.download_count)
