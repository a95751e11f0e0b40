"""The language of a request: the first of its browser's languages that the site offers."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, left out while there is nothing to choose: it costs every download a tenth of a millisecond."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if len(settings.LANGUAGES) == 1:
            raise MiddlewareNotUsed
        super().__init__(get_response)
