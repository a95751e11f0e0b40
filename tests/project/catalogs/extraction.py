"""Extracts every text that people read, with Babel, which needs no GNU gettext on the machine."""

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from django.utils.translation.template import templatize

# The names under which Django's functions are used, and which of their arguments are texts.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ["Translators:"]
COPYRIGHT_HEADER = """\
# Texts of Sharesite. `make messages` writes this file: change the text where it is used.
#"""
# The catalogs of Django's two domains: which folders and which kinds of files each covers.
DOMAINS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "django": (("shares", "sharesite", "templates"), (".py", ".html", ".txt")),
    "djangojs": (("static/js",), (".js",)),
}


def extract_template(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Django writes a template as Python calls; in brackets its indentation has no meaning."""
    python = f"({templatize(file.read().decode())})"
    return extract_python(BytesIO(python.encode()), keywords, comment_tags, options)


def extract_domain(project: Path, domain: str) -> Catalog:
    """All texts of a domain. Locations are files without lines, so that a catalog changes only when a text does."""
    catalog = Catalog(project="Sharesite", domain=domain, charset="utf-8", fuzzy=False, header_comment=COPYRIGHT_HEADER)
    catalog.version, catalog.msgid_bugs_address = "", ""
    folders, suffixes = DOMAINS[domain]
    for path in sorted(source_files(project, folders, suffixes)):
        for _line, message, comments, context in extract(method_for(path), path.open("rb"), KEYWORDS, COMMENT_TAGS):
            location = (path.relative_to(project).as_posix(), None)
            catalog.add(message, locations=[location], auto_comments=comments, context=context)  # type: ignore[list-item]
    return catalog


def source_files(project: Path, folders: Collection[str], suffixes: Collection[str]) -> Iterator[Path]:
    for folder in folders:
        for path in (project / folder).rglob("*"):
            if path.suffix in suffixes and not {"migrations", "icons"} & set(path.parts):
                yield path


def method_for(path: Path) -> Any:
    return {".py": extract_python, ".js": "javascript"}.get(path.suffix, extract_template)
