"""Delivery is one decision: whether a share is strict is read where it is made, stored, edited and presented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sharesite.env import PROJECT

# The decision, and what describes the share itself: its columns, its form, its JSON.
READERS = {
    "strict": {
        "shares/services/downloads/delivery.py",
        "shares/api/presenters.py",
        "shares/api/shares.py",
        "shares/forms/share_settings.py",
        "shares/models/shares.py",
    },
    "STRICT_ACCEL": {"shares/services/downloads/delivery.py", "shares/checks.py"},
}
# The owner's form for the settings of a share is the only template with the field.
TEMPLATES_WITH_FIELD = {"templates/shares/_settings.html"}


def attributes_read(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_only_the_decision_reads_what_it_depends_on() -> None:
    modules = [path for path in (PROJECT / "shares").rglob("*.py") if "migrations" not in path.parts]
    for name, readers in READERS.items():
        readers_found = {relative(path) for path in modules if name in set(attributes_read(path))}
        assert readers_found - readers == set(), name
        assert "shares/services/downloads/delivery.py" in readers_found


def test_templates_ask_the_delivery() -> None:
    field = re.compile(r"\bstrict\b")
    templates = (path for path in (PROJECT / "templates").rglob("*") if path.is_file() and "icons" not in path.parts)
    tags = {relative(path): re.findall(r"{[{%].*?[%}]}", path.read_text(encoding="utf-8")) for path in templates}
    assert {
        path for path, path_tags in tags.items() if any(field.search(tag) for tag in path_tags)
    } == TEMPLATES_WITH_FIELD
