"""Refusals as responses: the one place that turns a ``Refusal`` into a page, plain text or problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from shares.errors import NotSignedIn, RateLimited, Refusal
from shares.http import text_responses

PROBLEM_JSON = "application/problem+json"


def render(request: HttpRequest, refusal: Refusal, *, signed_in: bool = True) -> HttpResponse:
    """What the path of the request calls for: problem+json below /api/, else a page.

    ``signed_in=False`` does not query the database for the account.
    """
    if wants_problem(request):
        return render_problem(refusal)
    if not signed_in:
        request.user = AnonymousUser()
    return render_page(request, refusal)


def render_page(
    request: HttpRequest, refusal: Refusal, template: str = "error.html", context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """``template`` with the status and headers of the refusal; ``context`` is its own, else that of ``error.html``."""
    page_context = describe(refusal) if context is None else dict(context)
    html = render_to_string(template, page_context | {"refusal": refusal}, request)
    return _with_headers(HttpResponse(html, status=refusal.status), refusal)


def render_text(refusal: Refusal) -> HttpResponse:
    """The message as plain text, which needs neither session nor template."""
    content_type = "text/plain; charset=utf-8"
    response = HttpResponse(f"{refusal.message}\n", content_type=content_type, status=refusal.status)
    return _with_headers(response, refusal)


def render_for_recipient(request: HttpRequest, refusal: Refusal, context: Mapping[str, Any]) -> HttpResponse:
    """Of a share that cannot be displayed: plain text for a program, else a page."""
    if text_responses.wants_text(request):
        return render_recipient_text(request, refusal)
    return render_page(request, refusal, "share/refused.html", context)


def render_recipient_text(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """What a program that follows a link reads."""
    context: dict[str, object] = {"refusal": refusal}
    response = text_responses.render_text(request, "share/refused.txt", context, status=refusal.status)
    return _with_headers(response, refusal)


def render_problem(refusal: Refusal) -> HttpResponse:
    return _with_headers(JsonResponse(problem(refusal), status=refusal.status, content_type=PROBLEM_JSON), refusal)


def render_message(refusal: Refusal) -> HttpResponse:
    """Title and message as JSON, for a script of the pages that displays them."""
    response = JsonResponse({"title": refusal.title, "message": refusal.message}, status=refusal.status)
    return _with_headers(response, refusal)


def problem(refusal: Refusal) -> dict[str, object]:
    """RFC 9457. ``field`` is the input that was refused, if it was one."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": str(refusal.title),
        "status": refusal.status,
        "code": refusal.code,
        "detail": str(refusal.message),
    }
    field = getattr(refusal, "field", None)
    return body | {"field": field} if field else body


def describe(refusal: Refusal) -> dict[str, object]:
    """The context of ``error.html``."""
    return {
        "title": refusal.title,
        "message": refusal.message,
        "status": refusal.status,
        "code": refusal.code,
        "retry_after": refusal.retry_after,
    }


def wants_problem(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _with_headers(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, RateLimited):
        # draft-ietf-httpapi-ratelimit-headers-11. Both headers that tell when to try again name the same moment.
        response["RateLimit-Policy"] = f'"{refusal.policy}";q={refusal.limit};w={refusal.seconds}'
        response["RateLimit"] = f'"{refusal.policy}";r={refusal.remaining};t={refusal.retry_after}'
    if isinstance(refusal, NotSignedIn) and response["Content-Type"] == PROBLEM_JSON:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response
