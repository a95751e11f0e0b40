"""Crowds of guesses at share passwords: a guess that would find no place is told so before anything else is done for
it, so that it costs the clicks behind it next to nothing.

Twice: as the layer of Django that makes the answer, and before Django, where it is repeated at a fraction of the price.
May import: services, errors; never another door.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from shares.errors import Busy
from shares.services import passwords


class Response(Protocol):
    """What Django hands to a WSGI server."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


Environ = dict[str, Any]
Start = Callable[..., Any]
# A site is opened under few names. An answer names the storage, whose name can follow the site's.
MAX_HOSTS = 16


def repeated(application: Callable[[Environ, Start], Response]) -> Callable[[Environ, Start], Iterable[bytes]]:
    """A WSGI application that says by itself what ``application`` has once said to a crowd."""
    cached_responses: dict[tuple[str, bool], tuple[str, list[tuple[str, str]], bytes]] = {}

    def answer(environ: Environ, start_response: Start) -> Iterable[bytes]:
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
        # Meanwhile a place may have become free, or the answer be another's.
        if (
            start_arguments[0].startswith(f"{Busy.status} ")
            and str(passwords.BUSY_MESSAGE).encode() in body
            and len(cached_responses) < MAX_HOSTS
        ):
            cached_responses[key] = (start_arguments[0], start_arguments[1], body)
        return [body]

    return answer


def turn_away(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Django's layer: before sessions, forms and views."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        return crowded(request) if _is_shed(str(request.method), request.path) else get_response(request)

    return answer


def crowded(request: HttpRequest) -> HttpResponse:
    """503: the same page for everybody, drawn once; a sentence for who asks for no page."""
    if _wants_page(request.META):
        response = HttpResponse(_page(), status=Busy.status)
    else:
        response = HttpResponse(
            f"{passwords.BUSY_MESSAGE}\n", content_type="text/plain; charset=utf-8", status=Busy.status
        )
    response["Retry-After"] = str(Busy().retry_after)
    response["Content-Length"] = str(len(response.content))  # what else sets it stands further in
    # Django would write a line for each; a crowd shall not fill the log either.
    vars(response)["_has_been_logged"] = True
    return response


def _is_shed(method: str, path: str) -> bool:
    return method == "POST" and path.endswith("/unlock") and passwords.is_saturated()


def _wants_page(environ: Environ) -> bool:
    return "text/html" in environ.get("HTTP_ACCEPT", "")


@lru_cache(maxsize=1)
def _page() -> str:
    context = {"title": Busy.title, "message": passwords.BUSY_MESSAGE, "status": Busy.status, "code": Busy.code}
    return render_to_string("error.html", context | {"user": AnonymousUser()})
