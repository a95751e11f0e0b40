"""What the scripts of a page need from the server."""

from functools import cache

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JSONCatalog

register = template.Library()
# Texts with plurals differ between numbers below this one; the rules of some languages need numbers up to 100.
MAX_SAMPLE = 200


@register.simple_tag
def script_catalog() -> SafeString:
    """The translations of the scripts' texts for ``static/js/lib/i18n.js``; nothing in English."""
    return _script_catalog(get_language() or settings.LANGUAGE_CODE)


@cache
def _script_catalog(language: str) -> SafeString:
    view = JSONCatalog()
    folders = [str(path) for path in settings.LOCALE_PATHS]
    view.translation = DjangoTranslation(language, domain="djangojs", localedirs=folders)
    texts = view.get_catalog()
    if not texts:
        return SafeString()
    samples = _plural_samples(view.translation)
    return json_script({"texts": texts, "samples": samples}, "script-catalog")


def _plural_samples(translation: DjangoTranslation) -> list[int]:
    """The smallest number of each plural form, by which a script finds the form of any number."""
    forms = [translation.plural(number) for number in range(MAX_SAMPLE)]
    return [forms.index(form) for form in sorted(set(forms))]
