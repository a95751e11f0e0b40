"""A preset: the settings of a new share by the sensitivity of its files, and the limits that hold while it has them."""

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Preset(models.Model):
    """``expiry_hours`` and the other values fill a new share; ``max_expiry_hours``, ``max_downloads``,
    ``password_required`` and ``strict_required`` also limit every later edit. Limits of the server come first.
    """

    name = models.CharField(_("name"), max_length=40, unique=True)
    slug = models.SlugField(
        _("API name"), max_length=40, unique=True, help_text=_("The value of “preset” in the API. Keep it once in use.")
    )
    help = models.CharField(
        _("help"), max_length=120, blank=True, help_text=_("One short line for senders, shown beside the name.")
    )
    expiry_hours = models.PositiveIntegerField(
        _("expiry in hours"), validators=[MinValueValidator(1)], help_text=_("Of a new share: 24 is a day, 168 a week.")
    )
    max_expiry_hours = models.PositiveIntegerField(
        _("maximum expiry in hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How far away an expiry can be set. Empty: as far as this server allows."),
    )
    max_downloads = models.PositiveIntegerField(
        _("download limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of a new share; senders can lower it, but not raise it. Empty: no limit."),
    )
    password_required = models.BooleanField(_("password required"), default=False)
    strict_required = models.BooleanField(
        _("strict"), default=False, help_text=_("Files are streamed through this server; no reusable URL leaves it.")
    )
    reshare_requests_enabled = models.BooleanField(
        _("can be requested again"), default=False, help_text=_("Of a new share; senders can change it.")
    )
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Selected for every new share until the sender selects another.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Lower numbers come first."))

    class Meta:
        verbose_name, verbose_name_plural = _("preset"), _("presets")
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="preset_one_default",
                violation_error_message=_("Another preset is the default. Clear that box there first."),
            ),
            models.CheckConstraint(
                condition=Q(expiry_hours__gte=1)
                & (Q(max_expiry_hours__isnull=True) | Q(max_expiry_hours__gte=F("expiry_hours"))),
                name="preset_expiry_within_maximum",
                violation_error_message=_("The expiry can't be longer than the maximum expiry."),
            ),
            models.CheckConstraint(
                condition=Q(max_downloads__isnull=True) | Q(max_downloads__gte=1), name="preset_cap_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def expiry(self) -> timedelta:
        return timedelta(hours=self.expiry_hours)

    @property
    def max_expiry(self) -> timedelta | None:
        """None: only the server limits it."""
        return None if self.max_expiry_hours is None else timedelta(hours=self.max_expiry_hours)
