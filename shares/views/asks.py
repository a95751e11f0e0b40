"""Asking for a share again that has ended, where its owner allows that."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from shares.errors import Refusal
from shares.models import Share
from shares.services import asks
from shares.views import answers
from shares.views.access import recipient
from shares.views.answers import SeeOther
from shares.views.requests import Request


@require_POST
@recipient
def send(request: Request, share: Share) -> HttpResponse:
    try:
        asks.ask(share=share, who=request.POST.get("who", ""), caller=request.caller, now=request.now)
    except Refusal as refusal:
        return answers.refused(request, refusal, "share/refused.html", {"share_id": share.pk})
    messages.success(request, "The sender is told that you would like to have the files again.")
    return SeeOther(reverse("share", args=[share.pk]))
