"""Reporting abuse, without JavaScript and without an account: for anyone with the link, whatever the share's state."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shares.errors import Refusal
from shares.forms.reports import ReportForm
from shares.http import refusals
from shares.http.guards import recipient
from shares.http.methods import require_post
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Share
from shares.services.moderation import abuse

PAGE = "share/report.html"


@require_safe
@recipient
def page(request: Request, share: Share) -> HttpResponse:
    return render(request, PAGE, {"share_id": share.pk, "form": ReportForm()})


@require_post("share-report")
@recipient
def send(request: Request, share: Share) -> HttpResponse:
    form = ReportForm(request.POST)
    context = {"share_id": share.pk, "form": form}
    if not form.is_valid():
        return render(request, PAGE, context, status=422)
    try:
        abuse.report(share=share, caller=request.caller, now=request.now, **form.cleaned_data)
    except Refusal as refusal:
        return refusals.render_page(request, refusal, PAGE, context)
    messages.success(request, _("Thank you. The administrators have received your report."))
    return SeeOther(reverse("share", args=[share.pk]))
