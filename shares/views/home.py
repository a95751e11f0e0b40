"""The start page: where files are dropped, or what this is."""

import json
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shares.errors import ChangedMeanwhile, Invalid
from shares.formats import format_expiry
from shares.forms.account import NameForm
from shares.forms.conflicts import changed_value_text
from shares.forms.options import expiry_choices
from shares.http.guards import public, signed_in
from shares.http.methods import require_post
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Preset, User
from shares.services import type_rules
from shares.services.accounts import preferences
from shares.services.limits import default_expiry_length, limits, remaining_quota
from shares.services.sharing import presets
from shares.storage import share_storage

# The part of the quota below which the start page displays how much is left.
LITTLE = 0.1


@require_safe
@public
def home(request: Request) -> HttpResponse:
    if request.caller.user is None:
        # Sets the cookie that distinguishes a form of this site from a forged one.
        get_token(request)
        return render(request, "welcome.html")
    allowed, remaining, offered = limits(), remaining_quota(request.caller.user), presets.available()
    # What the script checks before it sends a file; the server checks it again for the slot.
    quota = {
        "bytes": remaining.bytes,
        "files": remaining.files,
        "max_file_bytes": allowed.max_file_bytes,
        "max_files_per_share": allowed.max_files_per_share,
    }
    context = {
        "little_space": remaining.bytes if remaining.bytes < request.caller.user.quota * LITTLE else None,
        "quota": json.dumps(quota),
        "type_rules": json.dumps(_type_rules()),
        "form_uploads": bool(settings.FORM_UPLOAD_BYTES),
        "checksums": share_storage().checksums,
        "presets": [(preset, _data_attributes(preset)) for preset in offered],
        "expiry_choices": expiry_choices(offered),
        "default_expiry": str(_seconds(default_expiry_length())),
        "default_expiry_text": format_expiry(default_expiry_length()),
    }
    return render(request, "home.html", context)


def _data_attributes(preset: Preset) -> dict[str, str]:
    """What the script fills and limits when the preset is selected; lengths in seconds."""
    allowed = limits(preset)
    values = {
        "data-expires-in": str(_seconds(default_expiry_length(preset))),
        "data-max-expires-in": str(_seconds(allowed.max_expiry)),
        "data-max-downloads": "" if preset.max_downloads is None else str(preset.max_downloads),
        "data-never-expire": "yes" if allowed.never_expire else "",
        "data-password-required": "yes" if preset.password_required else "",
        "data-strict": "yes" if preset.strict_required else "",
    }
    return {name: value for name, value in values.items() if value}


def _type_rules() -> dict[str, object]:
    """What the script checks before it adds a file; the server checks it again for the slot."""
    rules = type_rules.load()
    rule_data = [
        {
            "isAllowed": rule.action == rule.Action.ALLOW,
            "extensions": rule.extensions.split(),
            "mediaTypes": rule.media_types.split(),
            "maxBytes": rule.max_bytes,
        }
        for rule in rules
    ]
    return {"rules": rule_data, "text": type_rules.describe(rules)}


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


@require_safe
@signed_in
def account(request: Request) -> HttpResponse:
    return _account(request, NameForm(initial={"name": _name(request)}))


@require_post("account")
@signed_in
def change_name(request: Request) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _account(request, form, status=422)
    try:
        preferences.change_name(caller=request.caller, name=form.cleaned_data["name"], original=form.original)
    except Invalid as refusal:
        form.add_error("name", refusal.message)
        return _account(request, form, status=refusal.status)
    except ChangedMeanwhile as refusal:
        current = User.objects.get(pk=request.caller.user.pk).name if request.caller.user else ""
        form = NameForm({"name": form.cleaned_data["name"], "initial-name": current})
        form.add_error("name", changed_value_text(current))
        return _account(request, form, status=refusal.status)
    messages.success(request, _("Saved."))
    return SeeOther(reverse("account"))


def _name(request: Request) -> str:
    return request.caller.user.name if request.caller.user else ""


def _account(request: Request, form: NameForm, status: int = 200) -> HttpResponse:
    user = request.caller.user
    used = 0 if user is None or not user.quota else min(1000, user.used_bytes * 1000 // user.quota)
    return render(request, "account/page.html", {"used_permille": used, "name_form": form}, status=status)
