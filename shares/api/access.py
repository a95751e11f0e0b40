"""Who may call, and which rows they may touch: a token or a signed-in browser, and never anybody else's rows."""

import re

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from shares import policies
from shares.callers import READ, WRITE, Caller
from shares.errors import Forbidden, NotFound
from shares.models import Share, SharedFile
from shares.services.accounts import tokens

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_SAFE = ("GET", "HEAD")
ANY_SCOPE = "any"


def caller_of(request: HttpRequest) -> Caller:
    caller: Caller = vars(request)["caller"]
    return caller


def request_content(request: HttpRequest) -> bytes:
    """Method, path and body in one value: equal values are the same request."""
    return b"\n".join([str(request.method).encode(), request.path.encode(), request.body])


class TokenAuth(HttpBearer):
    """``Authorization: Bearer <token>``. Wins over a session; a wrong token is refused even beside a good session.

    ``scope`` is what the token needs: by the method of the request, one that is named, or ``ANY_SCOPE``.
    """

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        caller = tokens.identify(caller_of(request), authorization=f"Bearer {token}", now=timezone.now())
        vars(request)["caller"] = caller
        scope = self.scope or _scope(request)
        if scope != ANY_SCOPE and not caller.may(scope):
            raise Forbidden(_("This token does not have the scope “%(scope)s”."), scope=scope)
        return caller


class SessionAuth(APIKeyCookie):
    """The site's own pages: the session cookie, and the CSRF token for anything that changes something."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=False)  # checked below, once it is known that there is a session at all

    def authenticate(self, request: HttpRequest, _key: str | None) -> Caller | None:
        caller = caller_of(request)
        if caller.user is None:
            return None
        if check_csrf(request) is not None:
            raise Forbidden(
                _("This page is out of date, or the request came from another site. Reload the page and try again.")
            )
        return caller


def owned_share(request: HttpRequest, share_id: str) -> Share:
    """A share of the caller's own; anybody else's is not there."""
    share = _share(share_id)
    policies.require(policies.owner_only(share, caller_of(request), _scope(request)))
    return share


def any_share(share_id: str) -> Share:
    """A share by its link, as a recipient has it."""
    return _share(share_id)


def owned_file(request: HttpRequest, file_id: str, share_id: str | None = None) -> SharedFile:
    """A file of a share of the caller's own that has not been removed, with its upload."""
    files = SharedFile.objects.not_removed().select_related("share__owner", "upload")
    file = files.filter(pk=file_id).first() if _ID.fullmatch(file_id) else None
    if file is None or (share_id is not None and file.share_id != share_id):
        raise NotFound(_("There is no such file."))
    refusal = policies.owner_only(file.share, caller_of(request), _scope(request))
    if refusal is not None:
        raise NotFound(_("There is no such file.")) if isinstance(refusal, NotFound) else refusal
    return file


def optional_caller(request: HttpRequest) -> Caller:
    """For calls that need no account: the owner of the token that was sent along, the browser's session, or nobody."""
    authorization = request.headers.get("Authorization", "")
    caller = tokens.identify(caller_of(request), authorization=authorization, now=timezone.now())
    vars(request)["caller"] = caller
    return caller


def _share(share_id: str) -> Share:
    share = Share.objects.select_related("owner").filter(pk=share_id).first() if _ID.fullmatch(share_id) else None
    if share is None:
        raise NotFound
    return share


def _scope(request: HttpRequest) -> str:
    return READ if request.method in _SAFE else WRITE
