"""The cookies of a recipient's browser: its grant, its unlock, and that it has opened the share before."""

from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.http.response import HttpResponseBase

from shares.http import text_responses
from shares.http.requests import Request
from shares.services.downloads.delivery import Download
from shares.services.downloads.visits import PresentedTokens, Visit
from shares.storage import SignedCookies

Response = TypeVar("Response", bound=HttpResponseBase)
GRANT, UNLOCK, OPENED = "grant", "unlock", "opened"


def read_visit(request: Request) -> Visit:
    """The visit of a browser, by its cookies; or of a script, by the header with its grant from the API.

    Every browser that saw a form of this site has a secret against forged requests; it distinguishes browsers from
    their first request on, before there is a grant.
    """
    # Not ``headers``: making that mapping costs every download.
    environ, cookies, prefix = request.META, request.COOKIES, _prefix()
    tokens = PresentedTokens(
        grant=environ.get("HTTP_X_SHARE_GRANT") or cookies.get(prefix + GRANT, ""),
        unlock=cookies.get(prefix + UNLOCK, ""),
        browser=environ.get("CSRF_COOKIE") or "",
    )
    password = text_responses.presented_password(request)
    return Visit(request.caller, request.now, tokens, password, is_opening=prefix + OPENED not in cookies)


def set_download_cookies(visit: Visit, share_id: str, download: Download, response: Response) -> Response:
    """The response with the cookies that let this browser continue the download."""
    if not download.grant:
        return response  # The owner needs none.
    if download.grant != visit.tokens.grant:
        set_cookie(visit, response, share_id, GRANT, download.grant, download.grant_expires_at)
    if visit.is_opening:
        set_cookie(visit, response, share_id, OPENED, "1", download.grant_expires_at)
    return response


def set_storage_cookies(cookies: SignedCookies | None, response: Response) -> Response:
    """The response with the cookies that the browser presents to the CDN in front of storage, if there are any."""
    if cookies is None:
        return response
    for name, value in cookies.values.items():
        response.set_cookie(
            name,
            value,
            max_age=cookies.expires_in,
            domain=cookies.domain,
            path=cookies.path,
            secure=True,
            httponly=True,
            samesite="Lax",
        )
    return response


def set_cookie(
    visit: Visit, response: HttpResponseBase, share_id: str, kind: str, value: str, expires_at: datetime
) -> None:
    """A cookie for this share's pages alone, so that many shares do not swell every request."""
    response.set_cookie(
        _prefix() + kind,
        value,
        max_age=max(0, int((expires_at - visit.now).total_seconds())),
        path=f"/share/{share_id}",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _prefix() -> str:
    return "__Secure-" if settings.SESSION_COOKIE_SECURE else ""
