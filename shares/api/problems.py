"""Errors as ``application/problem+json`` (RFC 9457): one shape for refusals, bad values and wrong methods alike."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from shares.errors import InternalError, Invalid, NotFound, NotSignedIn, Refusal, WrongMethod, WrongType
from shares.http.refusals import render_problem

log = logging.getLogger(__name__)
# By the types of errors of pydantic, whose own texts are in English only, and those of ``request_schemas``.
VALUE_TEXTS = {
    "bool_type": _("“%(name)s” must be true or false."),
    "greater_than_equal": _("“%(name)s” must be at least %(ge)d."),
    "int_type": _("“%(name)s” must be a whole number."),
    "less_than_equal": _("“%(name)s” must be at most %(le)d."),
    "list_type": _("“%(name)s” must be a list."),
    "model_attributes_type": _("“%(name)s” must be an object."),
    "model_type": _("“%(name)s” must be an object."),
    "string_type": _("“%(name)s” must be text."),
    "string_unicode": _("“%(name)s” must be text that can be written in UTF-8."),
    "timezone_aware": _("“%(name)s” must be a time with a zone, such as 2030-01-31T12:00:00Z."),
    "too_long": _("“%(name)s” can have at most %(max_length)d items."),
    "too_short": _("“%(name)s” must have at least %(min_length)d item."),
} | dict.fromkeys(
    ("datetime_from_date_parsing", "datetime_object_invalid", "datetime_parsing", "datetime_type"),
    _("“%(name)s” must be a time such as 2030-01-31T12:00:00Z."),
)


def render_error(_request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Every exception of a call, as problem+json."""
    match error:
        case Refusal():
            return render_problem(error)
        case ValidationError():
            return render_problem(_first_wrong(error.errors))
        case AuthenticationError():
            return render_problem(NotSignedIn())
        case HttpError():
            cause = error.__cause__
            unread = Invalid(_("The body of this request is not valid JSON."))
            return render_problem(cause if isinstance(cause, Refusal) else unread)
        case Http404():
            return render_problem(NotFound())
        case OperationalError() | InterfaceError():
            raise error  # The database is unavailable: the middleware renders it.
    log.error("A call failed", exc_info=error if isinstance(error, Exception) else None)
    return render_problem(InternalError())


@csrf_exempt
def unknown_address(_request: HttpRequest, **_matched: str) -> HttpResponse:
    return render_problem(NotFound(_("There is no such call. /api/v1/docs lists them all.")))


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Problems for what the framework rejects before a call runs: other media types and wrong methods."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **matched: Any) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and request.content_type != "application/json":
            return render_problem(
                WrongType(_("Send the body as JSON, with the header Content-Type: application/json."))
            )
        response = view(request, *args, **matched)
        if isinstance(response, HttpResponseNotAllowed):
            refusal = render_problem(WrongMethod())
            refusal["Allow"] = response["Allow"]
            return refusal
        return response

    return respond


def _first_wrong(errors: Sequence[dict[str, Any]]) -> Invalid:
    """One sentence that names the first field: people fix one thing at a time."""
    error = errors[0]
    # ("body", "wanted", "files", 3, "size") -> "files[3].size"; the second element is our own parameter's name.
    steps = error["loc"][2:] if error["loc"][0] == "body" else error["loc"][1:]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")[:100]
    names = [step for step in steps if isinstance(step, str)]
    if error["type"] == "extra_forbidden":
        return Invalid(_("There is no field “%(name)s” here."), field=path, name=path)
    if error["type"] == "missing" and path:
        return Invalid(_("“%(name)s” is missing."), field=path, name=path)
    if error["type"] == "missing":
        return Invalid(_("This call needs a JSON object as its body."), field=path)
    if not path:
        return Invalid(_("This call needs a JSON object as its body."))
    limits = {name: value for name, value in error.get("ctx", {}).items() if isinstance(value, int)}
    text = VALUE_TEXTS.get(error["type"], _("“%(name)s” has a value that this field can't have."))
    return Invalid(text, field=names[-1] if names else None, name=path, **limits)
