"""Errors as ``application/problem+json`` (RFC 9457): one shape for refusals, bad values and wrong methods alike."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from shares.errors import Invalid, NotFound, NotSignedIn, Refusal, WrongType
from shares.http.refusals import render_problem

log = logging.getLogger(__name__)


class WrongMethod(Refusal):
    code: ClassVar[str] = "wrong-method"
    status: ClassVar[int] = 405
    title: ClassVar[str] = "Wrong method"
    default: ClassVar[str] = "This address does not take this method."


class NotJson(WrongType):
    title: ClassVar[str] = "Not JSON"
    default: ClassVar[str] = "Send the body as JSON, with the header Content-Type: application/json."


class InternalError(Refusal):
    code: ClassVar[str] = "fault"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something broke on our side"
    default: ClassVar[str] = "Something broke on our side. It has been written down; nothing of yours is lost."


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
            unread = Invalid("The body of this request is not JSON that can be read.")
            return render_problem(cause if isinstance(cause, Refusal) else unread)
        case Http404():
            return render_problem(NotFound())
        case OperationalError() | InterfaceError():
            raise error  # The database is unavailable: the middleware renders it.
    log.error("A call failed", exc_info=error if isinstance(error, Exception) else None)
    return render_problem(InternalError())


@csrf_exempt
def unknown_address(_request: HttpRequest, **_matched: str) -> HttpResponse:
    return render_problem(NotFound("There is no such call. /api/v1/docs lists them all."))


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Problems for what the framework rejects before a call runs: other media types and wrong methods."""

    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **matched: Any) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and request.content_type != "application/json":
            return render_problem(NotJson())
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
        return Invalid(f"There is no field “{path}” here.", field=path)
    if error["type"] == "missing":
        return Invalid(f"“{path}” is missing." if path else "This call needs a JSON object as its body.", field=path)
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    sentence = f"{message[:1].lower()}{message[1:]}"
    return Invalid(f"“{path}”: {sentence}." if path else f"The body: {sentence}.", field=names[-1] if names else None)
