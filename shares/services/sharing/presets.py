"""Presets: what senders select for a new share, and what a preset fills in."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.errors import Invalid
from shares.models import Preset, Share
from shares.services.limits import default_expiry, limits

if TYPE_CHECKING:
    from shares.services.sharing.shares import ShareChanges


def available() -> list[Preset]:
    """All presets, in the order of the administrators."""
    return list(Preset.objects.all())


def default() -> Preset | None:
    return Preset.objects.filter(is_default=True).first()


def find(slug: str) -> Preset:
    """The preset with the API name ``slug``. Raises Invalid."""
    preset = Preset.objects.filter(slug=slug).first() if "\0" not in slug else None
    if preset is None:
        raise Invalid(_("There is no such preset."), field="preset")
    return preset


def fill(values: "ShareChanges", now: datetime) -> "ShareChanges":
    """``values`` of a new share with those that its preset adds. Without the key ``preset``, the default preset."""
    filled = values.copy()
    preset = filled["preset"] if "preset" in filled else default()
    filled["preset"] = preset
    filled.setdefault("expires_at", default_expiry(now, preset))
    if preset is not None:
        filled.setdefault("max_downloads", preset.max_downloads)
        filled.setdefault("strict", preset.strict_required)
        filled.setdefault("reshare_requests_enabled", preset.reshare_requests_enabled)
    return filled


def clamp(changes: "ShareChanges", share: Share, now: datetime) -> dict[str, object]:
    """The columns of ``share`` that an edit that selects a preset has to change too, to allowed values."""
    preset = changes.get("preset")
    if preset is None:
        return {}
    allowed, columns = limits(preset), dict[str, object]()
    if share.expires_at is None:
        if not allowed.never_expire:
            columns["expires_at"] = default_expiry(now, preset)
    elif share.expires_at > now + allowed.max_expiry:
        columns["expires_at"] = now + allowed.max_expiry
    if policies.cap(share.max_downloads, allowed) is not None:
        columns["max_downloads"] = allowed.max_downloads
    if allowed.strict_required:
        columns["strict"] = True
    return columns
