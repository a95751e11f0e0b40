"""Guards: exactly one wraps each view; it decides who may use the view, and passes the object to it.

A stranger gets 404, not 403: what is not yours does not exist. ``view.guard`` names the guard; a test walks all URLs.
"""

import hmac
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from shares.errors import NotFound, NotSignedIn, Refusal
from shares.http import refusals, text_responses
from shares.http.methods import page_of
from shares.http.requests import Request
from shares.models import Share

P = ParamSpec("P")
Page = Callable[Concatenate[Request, P], HttpResponseBase]
SharePage = Callable[Concatenate[Request, Share, P], HttpResponseBase]
Guarded = Callable[..., HttpResponseBase]
_LINKS = ("recipient", "linked")


def public(view: Page[P]) -> Guarded:
    """Open to all; knows no share."""
    return _guard("public", view, view)


def signed_in(view: Page[P]) -> Guarded:
    """People with an account; others go to the sign-in page and come back."""

    def check(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.caller.user is None:
            raise NotSignedIn()
        return view(request, *args, **kwargs)

    return _guard("signed_in", view, check)


def owned(view: SharePage[P]) -> Guarded:
    """The owner of the share; for anybody else it does not exist."""

    def check(request: Request, share_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.caller.user is None:
            raise NotSignedIn()
        share = find_share(share_id)
        if share.owner_id != request.caller.user.pk:
            raise NotFound()
        return view(request, share, *args, **kwargs)

    return _guard("owned", view, check)


def recipient(view: SharePage[P]) -> Guarded:
    """Anybody who knows the link; whether it still opens is judged by the services."""

    def check(request: Request, share_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, find_share(share_id), *args, **kwargs)

    return _guard("recipient", view, check)


def linked(view: Page[P]) -> Guarded:
    """Anybody who knows the link, on the hot path: the service that acts reads the share itself, once."""
    return _guard("linked", view, view)


def operator(view: Page[P]) -> Guarded:
    """A client with the ``METRICS_TOKEN`` as its bearer token; without one set, nobody."""

    def check(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        presented = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = settings.METRICS_TOKEN
        if not token or not hmac.compare_digest(presented.encode(), token.encode()):
            raise NotFound()
        return view(request, *args, **kwargs)

    return _guard("operator", view, check)


def find_share(share_id: str) -> Share:
    """The share with its owner. Raises NotFound."""
    share = Share.objects.select_related("owner").filter(pk=share_id).first()
    if share is None:
        raise NotFound()
    return share


def _guard(name: str, view: Callable[..., Any], check: Callable[..., HttpResponseBase]) -> Guarded:
    """Reads the clock once. The middleware renders a refusal that no view catches as a page; a program that follows a
    link gets plain text.
    """

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        typed_request = cast("Request", request)
        typed_request.now = timezone.now()
        try:
            return check(typed_request, **kwargs)
        except NotSignedIn:
            return _sign_in(typed_request)
        except Refusal as refusal:
            if name in _LINKS and text_responses.wants_text(typed_request):
                return refusals.render_recipient_text(typed_request, refusal)
            raise

    guarded.guard = name  # type: ignore[attr-defined]
    return guarded


def _sign_in(request: Request) -> HttpResponse:
    """To the sign-in page and back; after a POST to the page of its form."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else page_of(request) or reverse("home")
    return redirect_to_login(back)
