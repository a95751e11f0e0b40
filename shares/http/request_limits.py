"""How long a request may be: judged by its head alone, before anything of it is parsed.

Each page and call states the longest body it takes (``max_body``); without a statement it is that of a short form or of
a short JSON document. Django reads no body without a Content-Length, and never more than that.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shares.errors import BadHeader, HeadersTooLong, Invalid, LengthMissing, Refusal, TooLarge, UriTooLong, WrongType
from shares.http.languages import language_of

KIB = 1024
MAX_PATH_BYTES = 2 * KIB
MAX_QUERY_BYTES = 4 * KIB
MAX_SEARCH_LENGTH = 200
MAX_SEARCH_WORDS = 10
# All values together: a browser sends one to two KiB, and with its cookies for the pages of one share four.
MAX_HEADER_BYTES = 32 * KIB
MAX_COOKIE_BYTES = 8 * KIB
# Python undoes the escapes of a quoted cookie in quadratic time; no cookie of ours has any.
MAX_COOKIE_ESCAPES = 64
MAX_TYPE_BYTES = 300
FORM_BYTES = 64 * KIB
# No form of ours is sent as multipart; programs may (curl --form), and it is slow to read.
MULTIPART_BYTES = 16 * KIB
JSON_BYTES = 16 * KIB
# Two hundred files with the longest names and folders, in UTF-8.
FILE_LIST_BYTES = 384 * KIB
# One ``file=<22 characters>&`` for each file of a share.
SELECTED_FILE_BYTES = 32
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
CHARSETS = ("utf-8", "utf8", "us-ascii")

Limit = int | Callable[[], int]
View = TypeVar("View", bound=Callable[..., Any])


def max_body(limit: Limit) -> Callable[[View], View]:
    """States the longest body of a view, in bytes. A function is called at each request: it may follow a setting."""

    def state(view: View) -> View:
        view.max_body = limit  # type: ignore[attr-defined]
        return view

    return state


def selection_bytes() -> int:
    """A form that names files of a share one by one: at most all of them."""
    return FORM_BYTES + SELECTED_FILE_BYTES * settings.MAX_FILES_PER_SHARE


def body_limit(view: Callable[..., Any], method: str, content_type: str, *, default: int = FORM_BYTES) -> int:
    """In bytes. ``max_body`` of a view is one limit, or one for each method."""
    limit = getattr(view, "max_body", default)
    if isinstance(limit, Mapping):
        limit = limit.get(method, default)
    max_bytes = limit() if callable(limit) else limit
    return min(max_bytes, MULTIPART_BYTES) if content_type == MULTIPART else int(max_bytes)


def head_refusal(environ: Mapping[str, Any]) -> Refusal | None:
    """What is wrong with the address and the headers of a request; ``sent`` is its WSGI environment."""
    if len(environ.get("PATH_INFO", "")) > MAX_PATH_BYTES or len(environ.get("QUERY_STRING", "")) > MAX_QUERY_BYTES:
        return UriTooLong()
    cookie = environ.get("HTTP_COOKIE", "")
    if len(cookie) > MAX_COOKIE_BYTES:
        return HeadersTooLong(_("The cookies of this request are too long. Clear the cookies of this site."))
    if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > MAX_HEADER_BYTES:
        return HeadersTooLong()
    if cookie.count("\\") > MAX_COOKIE_ESCAPES:
        return BadHeader(_("The cookies of this request can't be read. Clear the cookies of this site."))
    return type_refusal(environ)


def type_refusal(environ: Mapping[str, Any]) -> Refusal | None:
    """Django decodes with whatever character set a request names, and some are quadratic or fail."""
    content_type = environ.get("CONTENT_TYPE", "")
    if ";" not in content_type:
        return WrongType() if len(content_type) > MAX_TYPE_BYTES else None
    if len(content_type) > MAX_TYPE_BYTES or "*" in content_type:
        return WrongType(_("The Content-Type of this request can't be read."))
    for parameter in content_type.split(";")[1:]:
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in CHARSETS:
            return WrongType(_("Send text as UTF-8."))
    return None


def body_refusal(request: HttpRequest, view: Callable[..., Any]) -> Refusal | None:
    """What is wrong with the announced body."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        return Invalid(_("The Content-Length of this request isn't valid."))
    if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
        return LengthMissing()
    default = JSON_BYTES if request.path.startswith("/api/") else FORM_BYTES
    max_bytes = body_limit(view, str(request.method), request.content_type or "", default=default)
    if int(length) > max_bytes:
        return TooLarge(
            _("This request is larger than the %(limit)d KiB that this address accepts."), limit=max_bytes // KIB
        )
    return None


def address_refusal(request: HttpRequest) -> Refusal | None:
    """What is wrong with the path and the query: a NUL, which the database refuses, or a search that is too long."""
    query = request.META.get("QUERY_STRING", "")
    if "\0" in request.path or "%00" in query:
        return Invalid(_("This address contains a character that isn't allowed in addresses."))
    if not query:
        return None
    search = request.GET.get("q", "")
    if len(search) > MAX_SEARCH_LENGTH:
        return Invalid(_("Search for at most %(count)d characters."), field="q", count=MAX_SEARCH_LENGTH)
    # The administration searches for each word in each column.
    if len(search.split(maxsplit=MAX_SEARCH_WORDS)) > MAX_SEARCH_WORDS:
        return Invalid(_("Search for at most %(count)d words."), field="q", count=MAX_SEARCH_WORDS)
    return None


def readable(application: Callable[..., Any]) -> Callable[..., Any]:
    """A WSGI application that refuses a Content-Type at which Django's request itself would fail."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        refusal = type_refusal(environ)
        if refusal is None:
            return application(environ, start_response)
        with translation.override(language_of(environ)):
            body = f"{refusal.message}\n".encode()
        headers = [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store, private"),
        ]
        start_response(f"{refusal.status} {HTTPStatus(refusal.status).phrase}", headers)
        return [body]

    return respond
