"""Answers that several pages share: going on after a POST, and saying no on a page of their own."""

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


class Away(HttpResponse):
    """303 to an address that this server signed a moment ago: already in final form, so nothing looks at it again."""

    status_code = 303

    def __init__(self, to: str) -> None:
        super().__init__(headers={"Location": to, "Cache-Control": "no-store"})


def refused(request: Request, refusal: Refusal, template: str, context: dict[str, object]) -> HttpResponse:
    """``template`` with the refusal's status and headers; the middleware's plain page is for all others."""
    response = render(request, template, context | {"refusal": refusal}, status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response
