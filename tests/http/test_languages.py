"""The language of a response is that of the request; ``tests/e2e/languages`` walks the pages in other ones."""

from typing import cast

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation
from pytest_django import Settings

from shares.http.languages import LanguageMiddleware


def respond(request: HttpRequest) -> HttpResponse:
    return HttpResponse(translation.get_language())


def test_one_language_needs_no_choice() -> None:
    with pytest.raises(MiddlewareNotUsed):
        LanguageMiddleware(respond)


@pytest.mark.parametrize(
    ("accepted", "language"), [("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr,en;q=0.5", "en"), ("", "en"), ("*", "en")]
)
def test_a_browser_gets_the_first_of_its_languages(settings: Settings, accepted: str, language: str) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    with translation.override(None):
        middleware = LanguageMiddleware(respond)
        response = cast("HttpResponse", middleware(RequestFactory().get("/", headers={"accept-language": accepted})))
    assert response.content.decode() == response["Content-Language"] == language
    assert response["Vary"] == "Accept-Language"
