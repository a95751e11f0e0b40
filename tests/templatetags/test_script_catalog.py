"""The translations that a page in another language brings for its scripts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation
from pytest_django import Settings

from shares.templatetags import scripts
from shares.templatetags.scripts import script_catalog

pytestmark = pytest.mark.unit


@pytest.fixture
def catalog(settings: Settings, tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog in Russian, whose language is active; ``write_catalog`` compiles it."""
    settings.LOCALE_PATHS = [tmp_path]
    scripts._script_catalog.cache_clear()
    with translation.override("ru"):
        yield Catalog(locale="ru")
    scripts._script_catalog.cache_clear()


def write_catalog(catalog: Catalog, folder: Path) -> None:
    path = folder / "ru" / "LC_MESSAGES" / "djangojs.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)


def test_a_page_in_another_language_brings_texts_and_a_number_for_each_plural_form(
    catalog: Catalog, tmp_path: Path
) -> None:
    catalog.add("Copy", "Копировать </script>")
    catalog.add(("%(count)s file", "%(count)s files"), ("%(count)s файл", "%(count)s файла", "%(count)s файлов"))
    write_catalog(catalog, tmp_path)
    match = re.fullmatch(r'<script id="script-catalog" type="application/json">([^<]+)</script>', script_catalog())
    assert match is not None
    assert json.loads(match[1]) == {
        "texts": {
            "Copy": "Копировать </script>",
            "%(count)s file": ["%(count)s файл", "%(count)s файла", "%(count)s файлов"],
        },
        "samples": [1, 2, 0],
    }


def test_a_page_without_translations_brings_nothing(catalog: Catalog) -> None:
    del catalog
    assert script_catalog() == ""
