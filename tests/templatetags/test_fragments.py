"""Fragments are repeated for equal values, and for nothing else."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import override

from shares.templatetags import fragments
from shares.templatetags.fragments import fragment

CHIP = "_partials/chip.html"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    fragments._render.cache_clear()


def rendered() -> int:
    return fragments._render.cache_info().misses


def test_equal_values_are_rendered_once() -> None:
    assert fragment(CHIP, state="live") == fragment(CHIP, state="live")
    assert "Live" in fragment(CHIP, state="live")
    assert rendered() == 1
    assert "Expired" in fragment(CHIP, state="expired")
    assert rendered() == 2


def test_values_that_only_compare_equal_are_different() -> None:
    """1 == True, and a text equals one that needs no escaping."""
    field = "_partials/checksum.html"
    texts = [fragment(field, sum=text, checked=True, md5=False) for text in ("<b>", mark_safe("<b>"))]
    assert "&lt;b&gt;" in texts[0]
    assert "&lt;" not in texts[1]
    fragment(CHIP, state=1)
    fragment(CHIP, state=True)
    assert rendered() == 4


def test_a_language_has_fragments_of_its_own() -> None:
    fragment(CHIP, state="live")
    with override("de"):
        fragment(CHIP, state="live")
    assert rendered() == 2


def test_a_fragment_sees_nothing_but_its_values() -> None:
    """What it does not see cannot be out of date, and no token or account of one visitor is shown to another."""
    page = Template("{% load fragments %}{% fragment '_partials/nav.html' %}")
    html = page.render(Context({"user": "somebody", "request": RequestFactory().get("/"), "state": "live"}))
    assert "Sign in" in html
