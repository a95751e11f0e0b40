"""The start page: where files are dropped, or what this is."""

import json

from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shares.forms import DAY, default_expiry_label, expiry_choices
from shares.services.limits import limits, room
from shares.storage import share_storage
from shares.views.access import anyone, signed_in
from shares.views.requests import Request

# Of an account: from here on its owner is told how much space is left.
LITTLE = 0.1


@require_safe
@anyone
def home(request: Request) -> HttpResponse:
    if request.caller.user is None:
        # From here on a form of this site can be told from a forged one.
        get_token(request)
        return render(request, "welcome.html")
    allowed, left = limits(), room(request.caller.user)
    # What a file is held against before a byte of it is sent; the server judges again at the slot.
    known = {
        "bytes": left.bytes,
        "files": left.files,
        "max_file_bytes": allowed.max_file_bytes,
        "max_files_per_share": allowed.max_files_per_share,
    }
    context = {
        "little_space": left.bytes if left.bytes < request.caller.user.quota * LITTLE else None,
        "room": json.dumps(known),
        "checksums": share_storage().checksums,
        "expiry_choices": expiry_choices(),
        "default_expiry": str(settings.DEFAULT_EXPIRY_DAYS * DAY),
        "default_expiry_label": default_expiry_label(),
    }
    return render(request, "home.html", context)


@require_safe
@signed_in
def account(request: Request) -> HttpResponse:
    user = request.caller.user
    used = 0 if user is None or not user.quota else min(1000, user.used_bytes * 1000 // user.quota)
    return render(request, "account/page.html", {"used_permille": used})
