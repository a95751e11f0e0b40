"""Errors as ``application/problem+json`` (RFC 9457): one shape for refusals, bad values and wrong methods alike."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from shares.errors import Invalid, NotFound, NotSignedIn, Refusal, WrongType

log = logging.getLogger(__name__)


class WrongMethod(Refusal):
    code = "wrong-method"
    status = 405
    title = _("Wrong method")
    default = _("This address doesn't accept this method.")


class NotJson(WrongType):
    title = _("Not JSON")
    default = _("Send the body as JSON, with the header Content-Type: application/json.")


class Fault(Refusal):
    code = "fault"
    status = 500
    title = _("Something went wrong on our side")
    default = _("Something went wrong on our side. It has been logged, and none of your data is lost.")


def problem(refusal: Refusal) -> HttpResponse:
    """``field`` is there when one input is at fault."""
    body = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.message,
    }
    field = getattr(refusal, "field", None)
    if field:
        body["field"] = field
    response = JsonResponse(body, status=refusal.status, content_type="application/problem+json")
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, NotSignedIn):
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    return response


def answer(_request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Every exception of a call, said in the one shape."""
    match error:
        case Refusal():
            return problem(error)
        case ValidationError():
            return problem(_first_wrong(error.errors))
        case AuthenticationError():
            return problem(NotSignedIn())
        case HttpError():
            cause = error.__cause__
            unread = Invalid(gettext("The body of this request is not valid JSON."))
            return problem(cause if isinstance(cause, Refusal) else unread)
        case Http404():
            return problem(NotFound())
        case OperationalError() | InterfaceError():
            raise error  # the database is away: the middleware has words for it
    log.error("A call failed", exc_info=error if isinstance(error, Exception) else None)
    return problem(Fault())


@csrf_exempt
def unknown_address(_request: HttpRequest, **_matched: str) -> HttpResponse:
    return problem(NotFound(gettext("There is no such call. /api/v1/docs lists them all.")))


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What the framework answers before any call of ours runs: other media types and wrong methods."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **matched: Any) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and request.content_type != "application/json":
            return problem(NotJson())
        response = view(request, *args, **matched)
        if isinstance(response, HttpResponseNotAllowed):
            refusal = problem(WrongMethod())
            refusal["Allow"] = response["Allow"]
            return refusal
        return response

    return answer


def _first_wrong(errors: Sequence[dict[str, Any]]) -> Invalid:
    """One sentence that names the field: people mend one thing at a time."""
    error = errors[0]
    # ("body", "wanted", "files", 3, "size") -> "files[3].size"; the second element is our own parameter's name.
    steps = error["loc"][2:] if error["loc"][0] == "body" else error["loc"][1:]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")[:100]
    names = [step for step in steps if isinstance(step, str)]
    if error["type"] == "extra_forbidden":
        return Invalid(gettext("There is no field “%(field)s” here.") % {"field": path}, field=path)
    if error["type"] == "missing" and path:
        return Invalid(gettext("“%(field)s” is missing.") % {"field": path}, field=path)
    if error["type"] == "missing":
        return Invalid(gettext("This call needs a JSON object as its body."), field=path)
    # The validator's own sentence, in English.
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    values = {"field": path, "problem": f"{message[:1].lower()}{message[1:]}"}
    text = gettext("“%(field)s”: %(problem)s.") if path else gettext("The body: %(problem)s.")
    return Invalid(text % values, field=names[-1] if names else None)
