"""What senders can choose: presets, within the limits of this server, and rules by type."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_expiry, format_size
from shares.models import Preset, TypeRule
from shares.services.limits import limits


class PresetForm(forms.ModelForm[Preset]):
    """Refuses lengths that the server would shorten: what an administrator reads here is what senders get."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        max_hours = limits().max_expiry.days * 24
        for name in ("expiry_hours", "max_expiry_hours"):
            if (cleaned.get(name) or 0) > max_hours:
                text = gettext(
                    "Shares on this server expire after at most %(length)s: enter at most %(hours)d. The setting "
                    "MAX_EXPIRY_DAYS changes that."
                )
                values = {"length": format_expiry(limits().max_expiry), "hours": max_hours}
                self.add_error(name, ValidationError(text % values))
        return cleaned


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin[Preset]):
    """Edits affect new shares, and the next edit of shares that have the preset."""

    form = PresetForm
    list_display = (
        "name", "expiry_hours", "max_expiry_hours", "max_downloads", "password_required", "strict_required",
        "reshare_requests_enabled", "is_default", "position",
    )  # fmt: skip
    fields = (
        "name", "slug", "help", "expiry_hours", "max_expiry_hours", "max_downloads", "password_required",
        "strict_required", "reshare_requests_enabled", "is_default", "position",
    )  # fmt: skip
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012
    show_full_result_count = False


@admin.register(TypeRule)
class TypeRuleAdmin(admin.ModelAdmin[TypeRule]):
    """Without rules, every type is allowed. A change affects files that are declared or completed from then on."""

    list_display = ("__str__", "action", "display_max_size")
    fields = ("action", "extensions", "media_types", "max_bytes")
    show_full_result_count = False

    @admin.display(description=_("largest size"), ordering="max_bytes")
    def display_max_size(self, rule: TypeRule) -> str:
        return "" if rule.max_bytes is None else format_size(rule.max_bytes)
