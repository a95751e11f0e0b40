"""The structure of the code: short files, short functions, small folders."""

import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sharesite.env import PROJECT

MAX_LINES, MAX_FRONT_END_LINES, MAX_FUNCTION_LINES, MEDIAN_LINES = 400, 300, 40, 90
MAX_MODULES = 20
UNWANTED = {"utils", "helpers", "common", "constants", "signals", "misc", "base"}


def python_files(*folders: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    return [path for path in paths if "migrations" not in path.parts]


def front_end_files() -> list[Path]:
    folders = (PROJECT / "static" / "css", PROJECT / "static" / "js")
    static = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".js", ".css"}]
    return [*static, *(PROJECT / "templates").rglob("*.html")]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(PROJECT)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_files_are_short() -> None:
    assert [str(path) for path in python_files("shares", "sharesite", "tests") if lines(path) > MAX_LINES] == []
    assert [str(path) for path in front_end_files() if lines(path) > MAX_FRONT_END_LINES] == []


def test_no_folder_has_too_many_modules() -> None:
    modules = [path for path in python_files("shares", "sharesite", "tests") if path.name != "__init__.py"]
    counts = Counter(path.parent.relative_to(PROJECT).as_posix() for path in modules)
    # A model is one table; the folder grows with the product.
    del counts["shares/models"]
    assert {folder: count for folder, count in counts.items() if count > MAX_MODULES} == {}


def test_half_of_the_files_fit_on_two_screens() -> None:
    sizes = [size for path in python_files("shares", "sharesite") if (size := lines(path))]
    assert statistics.median(sizes) <= MEDIAN_LINES


def test_functions_fit_on_a_screen() -> None:
    lengths = [function for path in python_files("shares", "sharesite", "tests") for function in functions(path)]
    assert [name for name, length in lengths if length > MAX_FUNCTION_LINES] == []


def test_no_package_has_a_vague_name() -> None:
    assert [str(path) for path in python_files("shares", "sharesite") if path.stem in UNWANTED] == []


def test_every_package_has_a_docstring() -> None:
    silent = [
        str(path)
        for path in python_files("shares", "sharesite")
        if path.name == "__init__.py" and path.parent.name != "commands" and "management" not in path.parts
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_import_stands_at_the_top() -> None:
    """Ruff has the same rule (PLC0415); this test covers generated and excluded files as well."""
    for path in python_files("shares", "sharesite"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path}:{node.lineno}"


def test_links_between_the_documents_lead_somewhere() -> None:
    documents = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    assert len(documents) > 15
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_path_in_the_guide_for_contributors_exists() -> None:
    guide = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    # In backquotes with a slash or an ending, or after ARGS=.
    matches = re.findall(r"`([\w.-]+(?:/[\w.-]+)+|\.?[\w-]+\.[a-z]+)`|ARGS=\"?([\w./-]+)", guide)
    paths = {quoted or argument for quoted, argument in matches}
    assert len(paths) > 25
    assert [path for path in sorted(paths) if not (PROJECT / path).exists()] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    decision_numbers = [path.name[:3] for path in sorted((PROJECT / "docs" / "decisions").glob("*.md"))]
    assert len(decision_numbers) == len(set(decision_numbers))
    for path in (PROJECT / "docs" / "decisions").glob("*.md"):
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:3]} ")
