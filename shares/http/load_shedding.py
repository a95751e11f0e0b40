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

from shares.errors import Busy
from shares.http import refusals
from shares.services import passwords


class Response(Protocol):
    """What Django returns to a WSGI server."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


Environ = dict[str, Any]
Start = Callable[..., Any]
# A site has few host names. A response names the storage, whose host name can follow the site's.
MAX_HOSTS = 16


def cached_rejection(application: Callable[[Environ, Start], Response]) -> Callable[[Environ, Start], Iterable[bytes]]:
    """A WSGI application that repeats by itself the rejection that ``application`` rendered once."""
    cached_responses: dict[tuple[str, bool], tuple[str, list[tuple[str, str]], bytes]] = {}

    def respond(environ: Environ, start_response: Start) -> Iterable[bytes]:
        if not _is_shed(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")):
            return application(environ, start_response)
        key = (environ.get("HTTP_HOST", ""), _wants_page(environ))
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
        if (
            start_arguments[0].startswith(f"{Busy.status} ")
            and str(passwords.BUSY_MESSAGE).encode() in body
            and len(cached_responses) < MAX_HOSTS
        ):
            cached_responses[key] = (start_arguments[0], start_arguments[1], body)
        return [body]

    return respond


def shed(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware, before sessions, forms and views."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        return rejection(request) if _is_shed(str(request.method), request.path) else get_response(request)

    return respond


def rejection(request: HttpRequest) -> HttpResponse:
    """503: the same page for everybody, rendered once; a sentence for clients that do not accept HTML."""
    refusal = Busy(str(passwords.BUSY_MESSAGE))
    if _wants_page(request.META):
        response = HttpResponse(_page(), status=refusal.status)
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


@lru_cache(maxsize=1)
def _page() -> str:
    context = refusals.describe(Busy(str(passwords.BUSY_MESSAGE)))
    return render_to_string("error.html", context | {"user": AnonymousUser()})
