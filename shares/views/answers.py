"""Answers that several pages share: going on after a POST, and saying no."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from shares.errors import Refusal
from shares.views.requests import Request


class SeeOther(HttpResponseRedirect):
    """303: whatever was sent, fetch the next address with GET. A 307 would post a password on to the storage."""

    status_code = 303

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self["Cache-Control"] = "no-store"


def refused(request: Request, refusal: Refusal, template: str = "error.html", **context: object) -> HttpResponse:
    """A page that says what happened and what to do, with the refusal's status."""
    context |= {"refusal": refusal, "now": request.now}
    return marked(render(request, template, context, status=refusal.status), refusal)


def marked(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    """The headers that a refusal carries, whatever page tells of it."""
    response["Cache-Control"] = "no-store, private"
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response
