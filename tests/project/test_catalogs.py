"""The catalogs of texts are those of the code, and whole sentences."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from sharesite.env import PROJECT
from tests.project.catalogs import __main__ as catalogs
from tests.project.catalogs.extraction import DOMAINS, extract_domain


@pytest.fixture(params=DOMAINS)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    return extract_domain(PROJECT, request.param)


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def texts(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def test_committed_catalogs_are_current(catalog: Catalog) -> None:
    """`make messages` writes them."""
    path = PROJECT / "locale" / f"{catalog.domain}.pot"
    assert path.read_bytes().splitlines() == catalogs.render_catalog(catalog).splitlines()


def test_no_sentence_is_put_together_from_pieces(catalog: Catalog) -> None:
    """A text that begins or ends with a blank is half of one."""
    pieces = [text for message in messages(catalog) for text in texts(message) if text != text.strip()]
    assert pieces == []


def test_no_text_ends_at_an_escaped_quote(catalog: Catalog) -> None:
    """A template tag with an escaped quote looks for another text than the one that is extracted."""
    assert [text for message in messages(catalog) for text in texts(message) if text.endswith("\\")] == []


def test_placeholders_have_names(catalog: Catalog) -> None:
    """Translators change their order, which ``%s`` and ``{}`` do not allow."""
    unnamed = [text for message in messages(catalog) for text in texts(message) if "%s" in text or "{}" in text]
    assert unnamed == []


def test_a_language_is_updated_and_compiled(tmp_path: Path) -> None:
    path = tmp_path / "de" / "LC_MESSAGES" / "django.po"
    template = Catalog()
    template.add("Share")
    catalogs.update_language(path, "de", template)
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "Share"\nmsgstr ""', 'msgid "Share"\nmsgstr "Freigabe"'),
        encoding="utf-8",
    )
    template.add("Link")
    catalogs.update_language(path, "de", template)
    with path.with_suffix(".mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {"Share": "Freigabe"}
    assert 'msgid "Link"' in path.read_text(encoding="utf-8")
