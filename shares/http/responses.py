"""Responses that several pages share: redirects after a POST, and the live updates of a page."""

import hashlib
from datetime import datetime

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.dateparse import parse_datetime
from django.utils.http import quote_etag

from shares.http.requests import Request


class SeeOther(HttpResponseRedirect):
    """303: whatever was sent, fetch the next address with GET. A 307 would post a password on to the storage."""

    status_code = 303

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self["Cache-Control"] = "no-store"


class SignedRedirect(HttpResponse):
    """303 to an address that this server has just signed: it is in its final form, so nothing normalizes it."""

    status_code = 303

    def __init__(self, to: str) -> None:
        super().__init__(headers={"Location": to, "Cache-Control": "no-store"})


def parse_updated_after(request: Request) -> datetime | None:
    """The time at which the page was rendered, by its own parameter; None, for the whole page, if it is invalid."""
    try:
        moment = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        return None
    sensible = moment is not None and moment.tzinfo is not None and 2000 < moment.year < 9000
    return moment if sensible else None


def live_update(request: Request, template: str, context: dict[str, object], *, tag: str, wait: int) -> HttpResponse:
    """Parts of a page for its script, or 304 while ``tag``, which identifies their content, is unchanged.

    ``wait``: seconds until the next request makes sense, 0 for never; the ``Look-Again`` header of either response.
    """
    etag = quote_etag(hashlib.blake2b(f"{wait > 0} {tag}".encode(), digest_size=12).hexdigest())
    unchanged = get_conditional_response(request, etag=etag)
    response = unchanged if unchanged is not None else render(request, template, context | {"now": request.now})
    response["ETag"] = etag
    response["Look-Again"] = str(wait)
    return response
