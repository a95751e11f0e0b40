"""Asking for a share again that has ended, where its owner allows that."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from shares.errors import Refusal
from shares.http import refusals
from shares.http.guards import recipient
from shares.http.methods import require_post
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Share
from shares.services.sharing import reshare_requests


@require_post("share")
@recipient
def send(request: Request, share: Share) -> HttpResponse:
    try:
        reshare_requests.create(
            share=share, recipient_name=request.POST.get("who", ""), caller=request.caller, now=request.now
        )
    except Refusal as refusal:
        return refusals.render_page(request, refusal, "share/refused.html", {"share_id": share.pk})
    # Nothing about email: this process does not know whether a worker sends it.
    messages.success(request, _("Your request is saved. The sender sees it in the list of their shares."))
    return SeeOther(reverse("share", args=[share.pk]))
