"""Addresses that forms are sent to: their response to a browser that loads one of them with GET."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import reverse

from shares.http.responses import SeeOther

View = Callable[..., HttpResponseBase]
# They ask for HTML, and would save the page in place of what they were sent for.
_FETCHERS = ("wget", "curl")


def require_post(page: str) -> Callable[[View], View]:
    """Only POST is allowed. Its address may stay in the address bar: a browser that loads it is redirected to
    ``page``, the name of the page with the form; programs read 405.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def respond(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, **kwargs)
            if request.method in ("GET", "HEAD") and is_browser(request):
                return SeeOther(page_address(page, kwargs))
            return HttpResponseNotAllowed(["POST"])

        respond.form_page = page  # type: ignore[attr-defined]
        return respond

    return decorate


def page_of(request: HttpRequest) -> str | None:
    """The address of the page whose form this request sends; None for what no form of ours sends."""
    match = request.resolver_match
    page = getattr(match.func, "form_page", None) if match else None
    return page_address(page, match.kwargs) if match and page else None


def page_address(page: str, kwargs: dict[str, Any]) -> str:
    return reverse(page, args=[kwargs["share_id"]] if "share_id" in kwargs else [])


def is_browser(request: HttpRequest) -> bool:
    """Whether a person reads the response, judged by the headers."""
    agent = request.headers.get("User-Agent", "").lower()
    return "text/html" in request.headers.get("Accept", "") and not agent.startswith(_FETCHERS)
