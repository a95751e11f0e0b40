"""Parts of pages that are rendered once for equal values, like the rows of a list: most of them repeat."""

from collections.abc import Hashable
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def fragment(template_name: str, **values: Hashable) -> SafeString:
    """``{% include template_name with … only %}``, repeated for equal ``values`` and language.

    The template gets nothing but ``values``, so that the fragment cannot be out of date: no request, no account, no
    time and no token, unless they are among the values.
    """
    # Equal values can look different: 1 and True, or a text and one that needs no escaping.
    typed_values = tuple((name, type(value), value) for name, value in values.items())
    return _render(template_name, get_language(), typed_values)


@lru_cache(maxsize=2048)
def _render(template_name: str, _language: str | None, values: tuple[tuple[str, type, Hashable], ...]) -> SafeString:
    html = get_template(template_name).render({name: value for name, _type, value in values})
    return mark_safe(html)  # noqa: S308 - a template escapes
