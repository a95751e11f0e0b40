"""Pseudo-languages: English that a test can recognize, made from the texts of the site and of its libraries.

Every letter has an accent, so that a text without one came past the catalogs; texts are about 40 % longer and stand in
quotation marks, so that a cut-off one can be seen.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from sharesite.env import PROJECT
from tests.project.catalogs.extraction import DOMAINS, extract_domain

ACCENTS = str.maketrans(
    "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz", "ÅåƁƀÇçĐđÉéƑƒĜĝĤĥÎîĴĵĶķĻļṀṁÑñÖöÞþǪǫŔŕŠšŢţÛûṼṽŴŵẊẋÝýŽž"
)
# What a translator leaves as it is: placeholders, tags, entities, escapes.
VERBATIM = re.compile(r"(%\(\w+\)[sd]|%[sd%]|\{\w*\}|<[^>]+>|&\w+;|\\n)")
VOWELS = re.compile(r"([AEIOUaeiou])")
# Libraries whose texts appear on the pages. Their catalogs of English name all their texts.
LIBRARIES = ("django.conf", "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "allauth")
# A pattern for dates, which only its letters are for.
UNTRANSLATED_CONTEXTS = {"date format"}


def pseudo_text(text: str) -> str:
    pieces = VERBATIM.split(text)
    for index in range(0, len(pieces), 2):
        pieces[index] = VOWELS.sub(r"\1\1", pieces[index]).translate(ACCENTS)
    return f"«{''.join(pieces)}»"


def write_pseudo_language(folder: Path, locale: str) -> None:
    """The compiled catalogs of ``locale``, such as ``en_XA``, below ``folder``."""
    for domain in DOMAINS:
        catalog = Catalog(domain=domain, charset="utf-8")
        for message in [*library_messages(domain), *extract_domain(PROJECT, domain)]:
            if message.id and message.context not in UNTRANSLATED_CONTEXTS:
                catalog.add(message.id, pseudo_message(message), context=message.context)
        path = folder / locale / "LC_MESSAGES" / f"{domain}.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_mo(file, catalog)


def pseudo_message(message: Message) -> str | tuple[str, ...]:
    if isinstance(message.id, list | tuple):
        return tuple(pseudo_text(text) for text in message.id)
    return pseudo_text(message.id)


def library_messages(domain: str) -> Iterator[Message]:
    for name in LIBRARIES:
        path = Path(str(import_module(name).__file__)).parent / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po"
        if path.is_file():
            with path.open("rb") as file:
                yield from read_po(file)
