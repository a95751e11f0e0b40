"""The names that the code binds, found in its syntax trees: Python by ``ast``, JavaScript by espree in Node.

What nobody chooses is left out: ``self``, ``cls``, ``_`` and names with two underscores at both ends.
"""

import ast
import functools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHON_FOLDERS = ("shares", "sharesite", "tests")
JAVASCRIPT_FOLDERS = ("static/js", "tests")
# Migrations are history, the rest is written by others.
EXCLUDED_FOLDERS = {"migrations", "node_modules", "vendor", "__pycache__"}
CONVENTIONAL_NAMES = {"self", "cls", "_"}
NODES_WITH_NAME = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
JAVASCRIPT_SCRIPT = Path(__file__).with_name("javascript_names.mjs")


@dataclass(frozen=True, slots=True)
class Binding:
    """``name`` is bound at ``line`` of the file at ``path``, which is relative to the project."""

    path: str
    line: int
    name: str


@functools.cache
def project_bindings(project: Path) -> tuple[Binding, ...]:
    return (*python_bindings(project), *javascript_bindings(project))


def python_bindings(project: Path) -> Iterator[Binding]:
    for path in [project / "manage.py", *source_files(project, PYTHON_FOLDERS, {".py"})]:
        relative = path.relative_to(project).as_posix()
        yield Binding(relative, 1, path.parent.name if path.stem == "__init__" else path.stem)
        for line, name in names_in_python(path.read_text(encoding="utf-8")):
            yield Binding(relative, line, name)


def javascript_bindings(project: Path) -> Iterator[Binding]:
    files = [project / "build.js", project / "vendor.js", *source_files(project, JAVASCRIPT_FOLDERS, {".js", ".mjs"})]
    command = ["node", str(JAVASCRIPT_SCRIPT), *(path.relative_to(project).as_posix() for path in files)]
    output = subprocess.run(command, cwd=project, check=True, stdout=subprocess.PIPE, text=True).stdout
    for path, line, name in json.loads(output):
        if is_chosen(name):
            yield Binding(path, line, name)


def source_files(project: Path, folders: tuple[str, ...], suffixes: set[str]) -> Iterator[Path]:
    for folder in folders:
        yield from _files_below(project / folder, suffixes)


def names_in_python(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        for name in _names_bound_by(node):
            if name is not None and is_chosen(name):
                yield getattr(node, "lineno", 1), name


def is_chosen(name: str) -> bool:
    return name not in CONVENTIONAL_NAMES and not (name.startswith("__") and name.endswith("__"))


def _files_below(folder: Path, suffixes: set[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in EXCLUDED_FOLDERS:
            yield from _files_below(path, suffixes)
        elif path.suffix in suffixes:
            yield path


def _names_bound_by(node: ast.AST) -> tuple[str | None, ...]:
    """None stands for a name that is left out, as in ``except ValueError:``."""
    if isinstance(node, ast.Name):
        return (node.id,) if isinstance(node.ctx, ast.Store) else ()
    if isinstance(node, ast.Attribute):
        return (node.attr,) if isinstance(node.ctx, ast.Store) and _is_self(node.value) else ()
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.alias):
        return (node.asname,) if node.asname != node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,)
    return (node.name,) if isinstance(node, NODES_WITH_NAME) else ()


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
