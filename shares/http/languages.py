"""The language of a request: the first of its browser's languages that the site offers."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.translation import get_language_from_request


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, before whatever refuses a request once its cookies can be read. Left out while there is nothing to
    choose: it costs every download a tenth of a millisecond.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if len(settings.LANGUAGES) == 1:
            raise MiddlewareNotUsed
        super().__init__(get_response)


def language_of(environ: Mapping[str, Any]) -> str:
    """The language of a request whose cookies nobody has read; ``environ`` is its WSGI environment."""
    if len(settings.LANGUAGES) == 1:
        return settings.LANGUAGE_CODE
    request = HttpRequest()
    request.META = dict(environ)
    return get_language_from_request(request)
