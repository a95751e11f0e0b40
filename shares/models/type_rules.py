"""Rules by the type of files: which may be shared, and how large they may be. Without rules, all may."""

from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 1000


class TypeRule(models.Model):
    """A rule matches a file by its extension or its media type; one that names neither matches every file."""

    class Action(models.TextChoices):
        ALLOW = "allow", _("Allow")
        DENY = "deny", _("Deny")

    action = models.CharField(_("action"), max_length=5, choices=Action, default=Action.ALLOW)
    extensions = models.CharField(
        _("extensions"),
        max_length=MAX_LENGTH,
        blank=True,
        validators=[RegexValidator(r"\A[\w ]*\Z", _("Separate extensions by spaces, and leave out the dots."))],
        help_text=_("Separated by spaces, without dots: pdf docx xlsx"),
    )
    media_types = models.CharField(
        _("media types"),
        max_length=MAX_LENGTH,
        blank=True,
        validators=[
            RegexValidator(
                r"\A(?:\s*[a-z]+/(?:\*|[a-z0-9!#$&^_.+-]+))*\s*\Z",
                _("Separate media types by spaces, such as application/pdf or image/*."),
            )
        ],
        help_text=_("Separated by spaces: application/pdf image/*"),
    )
    max_bytes = models.BigIntegerField(
        _("largest size in bytes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Of a file that this rule allows. Empty: as large as this server allows."),
    )

    class Meta:
        verbose_name, verbose_name_plural = _("type rule"), _("type rules")
        ordering: ClassVar = ["action", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(action="allow") | (Q(max_bytes__isnull=True) & ~Q(extensions="", media_types="")),
                name="type_rule_denies_a_type",
                violation_error_message=_(
                    "A rule that denies needs extensions or media types, and has no largest size."
                ),
            ),
            models.CheckConstraint(
                condition=Q(max_bytes__isnull=True) | Q(max_bytes__gte=1), name="type_rule_size_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.types or gettext("every type")

    @property
    def types(self) -> str:
        """What it matches, as people read it; "" for every type."""
        return " ".join([*(f".{extension}" for extension in self.extensions.split()), *self.media_types.split()])

    def clean(self) -> None:
        self.extensions = " ".join(self.extensions.lower().split())
        self.media_types = " ".join(self.media_types.lower().split())
