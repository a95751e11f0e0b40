"""Presets: what senders can select, within the limits of this server."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from shares.formats import format_expiry
from shares.models import Preset
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
