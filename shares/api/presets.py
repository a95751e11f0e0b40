"""Presets: what senders can select for a new share."""

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.response_schemas import PresetOut, PresetsOut
from shares.models import Preset
from shares.services.limits import default_expiry_length, limits
from shares.services.sharing import presets

router = Router(tags=[gettext_noop("Shares")])


@router.get(
    "/presets",
    response=PresetsOut,
    summary=gettext_noop("Presets by sensitivity, with their limits"),
    description=gettext_noop(
        "In the order in which the pages list them. Their values are those that this server allows."
    ),
)
def list_presets(request: HttpRequest) -> PresetsOut:  # noqa: ARG001 - the framework gives it
    return PresetsOut(items=[_preset_out(preset) for preset in presets.available()])


def _preset_out(preset: Preset) -> PresetOut:
    allowed = limits(preset)
    return PresetOut(
        id=preset.slug,
        name=preset.name,
        help=preset.help,
        expires_in=int(default_expiry_length(preset).total_seconds()),
        max_expires_in=int(allowed.max_expiry.total_seconds()),
        may_never_expire=allowed.never_expire,
        max_downloads=preset.max_downloads,
        password_required=preset.password_required,
        strict=preset.strict_required,
        ask_again=preset.reshare_requests_enabled,
        default=preset.is_default,
    )
