"""The cookies of a recipient's browser: its grant, its unlock, and that it has opened the share before."""

from datetime import datetime
from typing import TypedDict, TypeVar

from django.conf import settings
from django.http.response import HttpResponseBase

from shares.callers import Caller
from shares.http import text_responses
from shares.http.requests import Request
from shares.services.downloads.grants import PresentedTokens
from shares.services.downloads.start import Download

Response = TypeVar("Response", bound=HttpResponseBase)
GRANT, UNLOCK, OPENED = "grant", "unlock", "opened"


class DownloadArguments(TypedDict):
    """What a click on a download button says, beside the files: the arguments that every such service takes."""

    caller: Caller
    tokens: PresentedTokens
    now: datetime
    password: str
    opening: bool


def download_arguments(request: Request) -> DownloadArguments:
    return {
        "caller": request.caller,
        "tokens": presented_tokens(request),
        "now": request.now,
        "password": text_responses.presented_password(request),
        "opening": is_opening(request),
    }


def presented_tokens(request: Request) -> PresentedTokens:
    """Cookies of a browser, or the header of a script that got its grant from the API.

    Every browser that saw a form of ours has a secret against forged requests; it tells browsers apart from their first
    click on, before there is a grant.
    """
    grant = request.META.get("HTTP_X_SHARE_GRANT") or request.COOKIES.get(_cookie_name(GRANT), "")
    browser = request.META.get("CSRF_COOKIE") or ""
    return PresentedTokens(grant=grant, unlock=request.COOKIES.get(_cookie_name(UNLOCK), ""), browser=browser)


def is_opening(request: Request) -> bool:
    """True if this browser has not opened the share before."""
    return _cookie_name(OPENED) not in request.COOKIES


def set_download_cookies(request: Request, share_id: str, download: Download, response: Response) -> Response:
    """The answer with the cookies that let this browser come back for more."""
    if not download.grant:
        return response  # the owner needs none
    if download.grant != presented_tokens(request).grant:
        set_cookie(request, response, share_id, GRANT, download.grant, download.grant_expires_at)
    if is_opening(request):
        set_cookie(request, response, share_id, OPENED, "1", download.grant_expires_at)
    return response


def set_cookie(
    request: Request, response: HttpResponseBase, share_id: str, kind: str, value: str, expires_at: datetime
) -> None:
    """A cookie for this share's pages alone, so that many shares do not swell every request."""
    response.set_cookie(
        _cookie_name(kind),
        value,
        max_age=max(0, int((expires_at - request.now).total_seconds())),
        path=f"/share/{share_id}",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(kind: str) -> str:
    return f"__Secure-{kind}" if settings.SESSION_COOKIE_SECURE else kind
