"""Writes the catalogs: ``make messages`` extracts all texts, updates every language, and compiles what is translated.

``make messages ARGS=de`` starts the catalogs of a language.
"""

import argparse
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from sharesite.env import PROJECT
from tests.project.catalogs.extraction import DOMAINS, extract_domain

FOLDER = PROJECT / "locale"
# Headers that change by themselves.
CHANGING = (b'"POT-Creation-Date:', b'"Generated-By:')


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.project.catalogs", description=__doc__)
    parser.add_argument("language", nargs="?", help="a language to start, such as de or pt_BR")
    options = parser.parse_args(arguments)
    languages = {path.parent.name for path in FOLDER.glob("*/LC_MESSAGES")}
    if options.language:
        languages.add(str(Locale.parse(options.language)))
    for domain in DOMAINS:
        template = extract_domain(PROJECT, domain)
        (FOLDER / f"{domain}.pot").write_bytes(render_catalog(template))
        for language in sorted(languages):
            update_language(FOLDER / language / "LC_MESSAGES" / f"{domain}.po", language, template)
        print(f"locale/{domain}.pot: {len(template)} texts, {len(languages)} languages")
    return 0


def update_language(path: Path, language: str, template: Catalog) -> None:
    """Keeps what is translated, adds what is new, and compiles the result beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(locale=language, domain=path.stem)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, domain=path.stem)
    catalog.update(template, no_fuzzy_matching=True)
    path.write_bytes(render_catalog(catalog))
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


def render_catalog(catalog: Catalog) -> bytes:
    """Sorted by text and without times, so that branches which add texts seldom conflict."""
    output = BytesIO()
    write_po(output, catalog, width=0, sort_output=True, include_lineno=False)
    return b"".join(line for line in output.getvalue().splitlines(keepends=True) if not line.startswith(CHANGING))


if __name__ == "__main__":
    raise SystemExit(main())
