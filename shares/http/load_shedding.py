"""Load shedding: while all permits for checking passwords are in use, an attempt is rejected before anything else is
done for it, so that it costs the downloads behind it next to nothing.

Twice: as a middleware, which renders the response, and before Django, which repeats it at a fraction of the price.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation

from shares.errors import Busy
from shares.http import refusals
from shares.http.languages import language_of
from shares.services import passwords


class Response(Protocol):
    """What Django returns to a WSGI server."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


Environ = dict[str, Any]
Start = Callable[..., Any]
# A site has few host names and languages. A response names the storage, whose host name can follow the site's.
MAX_CACHED_RESPONSES = 32


def cached_rejection(application: Callable[[Environ, Start], Response]) -> Callable[[Environ, Start], Iterable[bytes]]:
    """A WSGI application that repeats by itself the rejection that ``application`` rendered once."""
    cached_responses: dict[tuple[str, bool, str], tuple[str, list[tuple[str, str]], bytes]] = {}

    def respond(environ: Environ, start_response: Start) -> Iterable[bytes]:
        if not _is_shed(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")):
            return application(environ, start_response)
        language = language_of(environ)
        key = (environ.get("HTTP_HOST", ""), _wants_page(environ), language)
        if key in cached_responses:
            status, headers, body = cached_responses[key]
            start_response(status, headers)
            return [body]
        start_arguments: list[Any] = []

        def listen(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            start_arguments[:] = [status, headers]
            return start_response(status, headers, *exc_info)

        response = application(environ, listen)
        try:
            body = b"".join(response)
        finally:
            response.close()
        # Meanwhile a permit may have become free, or this be another refusal.
        with translation.override(language):
            text = str(passwords.BUSY_MESSAGE).encode()
        if start_arguments[0].startswith("503 ") and text in body and len(cached_responses) < MAX_CACHED_RESPONSES:
            cached_responses[key] = (start_arguments[0], start_arguments[1], body)
        return [body]

    return respond


def shed(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware, before sessions, forms and views."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        return rejection(request) if _is_shed(str(request.method), request.path) else get_response(request)

    return respond


def rejection(request: HttpRequest) -> HttpResponse:
    """503: the same page for everybody, rendered once in a language; a sentence for clients that accept no HTML."""
    refusal = Busy(passwords.BUSY_MESSAGE)
    if _wants_page(request.META):
        response = HttpResponse(_page(translation.get_language()), status=refusal.status)
        response["Retry-After"] = str(refusal.retry_after)
    else:
        response = refusals.render_text(refusal)
    response["Content-Length"] = str(len(response.content))  # What else sets it is a later middleware.
    # Django would log each of them; under load that would fill the log.
    vars(response)["_has_been_logged"] = True
    return response


def _is_shed(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/unlock") and passwords.is_saturated()


def _wants_page(environ: Environ) -> bool:
    return "text/html" in environ.get("HTTP_ACCEPT", "")


@lru_cache(maxsize=MAX_CACHED_RESPONSES)
def _page(_language: str | None) -> str:
    context = refusals.describe(Busy(passwords.BUSY_MESSAGE))
    return render_to_string("error.html", context | {"user": AnonymousUser()})
