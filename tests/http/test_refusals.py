"""Refusals: a code and parameters, whose texts are those of the catalog in the language of the response."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from shares import errors
from shares.errors import Invalid, Refusal
from shares.http import refusals
from shares.refusal_catalog import CATALOG, describe_refusal
from sharesite.env import PROJECT

# Codes of pages alone; the API has its own form of each.
PAGES_ONLY = {"bad-header", "changed-meanwhile", "out-of-range", "wrong-host", "wrong-program"}


def kinds(parent: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_the_catalog_has_the_codes_of_the_classes() -> None:
    assert {kind.code for kind in kinds()} == CATALOG.keys()


def test_the_documents_of_the_api_list_every_code() -> None:
    table = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [code for code in CATALOG if f"`{code}`" not in table and code not in PAGES_ONLY] == []


def test_parameters_fill_in_the_text_in_the_language_of_the_response() -> None:
    refusal = Invalid(_("Use at most %(count)d characters."), field="title", count=5)
    assert (refusal.message, refusal.field) == ("Use at most 5 characters.", "title")
    refusal = Invalid(_("Enter a valid value."))
    with translation.override("de"):
        assert refusals.problem(refusal)["detail"] == "Bitte einen gültigen Wert eingeben."


def test_a_text_without_parameters_may_contain_a_percent_sign() -> None:
    assert str(Invalid("100 % of it.", field="name")) == "100 % of it."


def test_waiting_is_that_of_the_catalog_unless_it_is_known() -> None:
    assert errors.Busy().retry_after == 5
    assert errors.Busy(retry_after=60).retry_after == 60
    assert errors.NotFound().retry_after is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [("used-up", "download limit reached"), ("too-large", "Too large"), ("of-an-older-version", "of-an-older-version")],
)
def test_a_history_describes_a_refusal_in_words(code: str, reason: str) -> None:
    assert describe_refusal(code) == reason
