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
    """303 to an address that this server signed a moment ago: already in final form, so nothing looks at it again."""

    status_code = 303

    def __init__(self, to: str) -> None:
        super().__init__(headers={"Location": to, "Cache-Control": "no-store"})


def parse_updated_after(request: Request) -> datetime | None:
    """The moment a page says it was drawn at; None, which means all of it, for anything that is no such moment."""
    try:
        moment = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        return None
    sensible = moment is not None and moment.tzinfo is not None and 2000 < moment.year < 9000
    return moment if sensible else None


def live_update(request: Request, template: str, context: dict[str, object], *, tag: str, wait: int) -> HttpResponse:
    """Pieces of a page for the script that asks for them, or 304 while ``tag``, all they would show, is as before.

    ``wait``: seconds until asking again makes sense, 0 for never; said in ``Look-Again`` with either answer.
    """
    etag = quote_etag(hashlib.blake2b(f"{wait > 0} {tag}".encode(), digest_size=12).hexdigest())
    unchanged = get_conditional_response(request, etag=etag)
    response = unchanged if unchanged is not None else render(request, template, context | {"now": request.now})
    response["ETag"] = etag
    response["Look-Again"] = str(wait)
    return response
