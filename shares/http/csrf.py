"""A form whose token is no longer the browser's: its page was made before a sign-in in another tab, most likely."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from shares.http.responses import SeeOther

TITLE = _("This page has expired")
MESSAGE = _("Reload the page and try again.")


def failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django gives it
    """Django's ``CSRF_FAILURE_VIEW``. A page of our own gets its button again, with all that was entered; a request
    that some other site made, or may have made, gets nothing to press.
    """
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"title": TITLE, "message": MESSAGE}, status=403)
    if not is_ours(request) or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return render(request, "403_csrf.html", status=403)
    if request.path.startswith("/accounts/"):
        # Its address shows the form, and redirects anyone who has signed in meanwhile.
        target = request.POST.get("next", "") or request.GET.get("next", "")
        return SeeOther(f"{request.path}?{urlencode({'next': target})}" if target else request.path)
    fields = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    context = {"fields": fields, "action": request.get_full_path(), "no_cookie": not has_cookie(request)}
    return render(request, "form_again.html", context, status=403)


def is_ours(request: HttpRequest) -> bool:
    """Whether, by its headers, a page of this site sent the form. Pages can't set these headers."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    own_origins = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return request.headers.get("Origin") in own_origins


def has_cookie(request: HttpRequest) -> bool:
    return settings.CSRF_COOKIE_NAME in request.COOKIES
