"""The cookies of a recipient's browser: its grant, its unlock, and that it has opened the share before."""

from datetime import datetime
from typing import TypedDict, TypeVar

from django.conf import settings
from django.http.response import HttpResponseBase

from shares.callers import Caller
from shares.http import text_responses
from shares.http.requests import Request
from shares.services.downloads.grants import Held
from shares.services.downloads.start import Download

Answer = TypeVar("Answer", bound=HttpResponseBase)
GRANT, UNLOCK, OPENED = "grant", "unlock", "opened"


class Asked(TypedDict):
    """What a click on a download button says, beside the files: the arguments that every such service takes."""

    caller: Caller
    held: Held
    now: datetime
    password: str
    opening: bool


def asked(request: Request) -> Asked:
    return {
        "caller": request.caller,
        "held": held(request),
        "now": request.now,
        "password": text_responses.password(request),
        "opening": opening(request),
    }


def held(request: Request) -> Held:
    """Cookies of a browser, or the header of a script that got its grant from the API.

    Every browser that saw a form of ours has a secret against forged requests; it tells browsers apart from their first
    click on, before there is a grant.
    """
    grant = request.META.get("HTTP_X_SHARE_GRANT") or request.COOKIES.get(_name(GRANT), "")
    browser = request.META.get("CSRF_COOKIE") or ""
    return Held(grant=grant, unlock=request.COOKIES.get(_name(UNLOCK), ""), browser=browser)


def opening(request: Request) -> bool:
    """True if this browser has not opened the share before."""
    return _name(OPENED) not in request.COOKIES


def handed_over(request: Request, share_id: str, download: Download, response: Answer) -> Answer:
    """The answer with the cookies that let this browser come back for more."""
    if not download.grant:
        return response  # the owner needs none
    if download.grant != held(request).grant:
        keep(request, response, share_id, GRANT, download.grant, download.grant_expires_at)
    if opening(request):
        keep(request, response, share_id, OPENED, "1", download.grant_expires_at)
    return response


def keep(
    request: Request, response: HttpResponseBase, share_id: str, kind: str, value: str, expires_at: datetime
) -> None:
    """A cookie for this share's pages alone, so that many shares do not swell every request."""
    response.set_cookie(
        _name(kind),
        value,
        max_age=max(0, int((expires_at - request.now).total_seconds())),
        path=f"/share/{share_id}",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name(kind: str) -> str:
    return f"__Secure-{kind}" if settings.SESSION_COOKIE_SECURE else kind
