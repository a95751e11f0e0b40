"""Retired and vague names, and words of prose, only get fewer. ``make words`` lists them with their replacements."""

from pathlib import Path

import pytest

from sharesite.env import PROJECT
from tests.project.vocabulary.__main__ import all_areas, main
from tests.project.vocabulary.bindings import Binding, javascript_bindings, names_in_python, project_bindings
from tests.project.vocabulary.findings import find_terms
from tests.project.vocabulary.prose import find_prose, javascript_texts, markdown_text, python_texts
from tests.project.vocabulary.ratchet import compare, count_by_area, read_counts, terms_digest
from tests.project.vocabulary.terms import RETIRED

PYTHON = """
import json as pass_codec
from pathlib import Path
class Names(dict):
    field: int = 1
    def method(self, parameter, /, *arguments, keyword=None, **options):
        self.attribute, other_object.ignored = parameter, keyword
        for target in arguments:
            with open(target) as stream, open(target) as (left_end, right_end):
                pass
        try:
            return [item for item in (walrus := options)]
        except ValueError as error:
            raise
        match parameter:
            case {"key": captured, **remainder}:
                return lambda argument: argument
            case [*elements] as whole_list:
                _ = elements
"""
PYTHON_NAMES = """
    pass_codec Names field method parameter arguments keyword options attribute target stream left_end right_end item
    walrus error captured remainder argument elements whole_list
"""
JAVASCRIPT = """
import defaultName, { original as imported, unchanged } from "./module.js";
import * as namespace from "./module.js";
const { shorthand, key: renamed, nested: { inner }, ...remaining } = namespace;
const { value, done } = await unchanged.next();
export const [element = 1] = [];
export { element as exported };
class Example {
  #hidden = 1;
  method(parameter, { option } = {}) {
    this.property = { literalKey: parameter, [computed]: 1, "quoted-key": 2 };
    parameter.ignored = 1;
  }
}
function declared() { try { (argument) => argument; } catch (error) { label: for (const item of []) break label; } }
"""
JAVASCRIPT_NAMES = """
    sample defaultName imported namespace shorthand renamed inner remaining value element exported Example hidden method
    parameter option property literalKey declared argument error item
"""


@pytest.fixture(scope="module")
def bindings() -> tuple[Binding, ...]:
    return project_bindings(PROJECT)


def test_findings_only_get_fewer(bindings: tuple[Binding, ...]) -> None:
    counts = count_by_area([*find_terms(bindings), *find_prose(PROJECT)], all_areas(bindings))
    allowed, digest = read_counts()
    assert digest == terms_digest(), "the terms have changed; make words ARGS=--update"
    problems = compare(counts, allowed)
    assert problems == [], "\n".join(problems)


def test_every_retired_term_is_in_the_glossary() -> None:
    glossary = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
    table = glossary[glossary.index("## Words we no longer use") :]
    terms = [term for retired in RETIRED for term in retired.terms.split()]
    assert [term for term in terms if f"`{term}`" not in table] == []


def test_python_names_are_found_by_what_binds_them() -> None:
    assert {name for _, name in names_in_python(PYTHON)} == set(PYTHON_NAMES.split())


def test_javascript_names_are_found_by_what_binds_them(tmp_path: Path) -> None:
    folder = PROJECT / "tests" / "project" / "vocabulary"
    assert (folder / "javascript_names.mjs").exists()
    for name in ("static/js", "tests"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("build.js", "vendor.js"):
        (tmp_path / name).touch()
    (tmp_path / "static" / "js" / "sample.js").write_text(JAVASCRIPT)
    names = {binding.name for binding in javascript_bindings(tmp_path) if binding.path not in {"build.js", "vendor.js"}}
    assert names == set(JAVASCRIPT_NAMES.split())


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("shares/models/asks.py", "told_at", "retired"),
        ("static/js/upload/net/api.js", "onLeftOut", "retired"),
        ("shares/services/limits.py", "_MOST_LINES", "retired"),
        ("shares/services/limits.py", "most_lines", None),
        ("shares/views/share.py", "Pass", "retired"),
        ("shares/views/share.py", "passing", None),
        ("shares/services/moderation/scans.py", "_found", "vague"),
        ("shares/services/moderation/scans.py", "found_files", None),
        ("shares/storage/parts.py", "parts", None),
        ("tests/views/test_share.py", "test_a_page_is_told_nothing", None),
        ("tests/views/test_share.py", "test_a_deed_is_done", "retired"),
        ("tests/views/test_share.py", "line", None),
        ("shares/views/share.py", "answer", "retired"),
        ("static/js/lib/worker.js", "answer", None),
        ("shares/api/response_schemas.py", "ask_again", None),
        ("shares/services/sharing/shares.py", "ask_again", "retired"),
    ],
)
def test_a_term_counts_where_its_entry_says(path: str, name: str, kind: str | None) -> None:
    kinds = [finding.kind for finding in find_terms([Binding(path, 2, name)])]
    assert kinds == ([kind] if kind else [])


def test_a_file_counts_by_its_own_name() -> None:
    files = [Binding("shares/storage/parts.py", 1, "parts"), Binding("tests/views/test_asks.py", 1, "test_asks")]
    assert [finding.kind for finding in find_terms(files)] == ["retired", "retired"]


def test_a_count_that_differs_is_named_with_the_number_to_write() -> None:
    allowed = {"shares": {"retired": 2, "vague": 2}, "deploy": {"retired": 0, "vague": 0}}
    assert compare({"shares": {"retired": 1, "vague": 3}, "tests": {"retired": 0, "vague": 1}}, allowed) == [
        "deploy: no such area any more; remove it from counts.json",
        "shares: retired names: 1, fewer than the 2 in counts.json; write 1 there (make words ARGS=--update)",
        "shares: vague names: 3, at most 2 are allowed; `make words` lists them",
        "tests: vague names: 1, at most 0 are allowed; `make words` lists them",
        'tests: a new area; add it to counts.json with {"retired": 0, "vague": 1}',
    ]


def test_prose_is_found_in_comments_docstrings_and_documents() -> None:
    python = '"""Module."""\nname = "string"  # comment\ndef function():\n    """Function."""\n'
    assert set(python_texts(python)) == {(1, "Module."), (2, "# comment"), (4, "Function.")}
    assert list(javascript_texts("let a; // one\n/* two\n */ let b;")) == [(1, "// one"), (2, "/* two\n */")]
    assert markdown_text("Text `code`\n```\ncode\n```\nmore") == "Text \n\n\n\nmore"


def test_words_of_prose_are_found_with_their_line(tmp_path: Path) -> None:
    for folder in ("shares", "sharesite", "tests", "static/js", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs" / "page.md").write_text("Whoever reads this\nmay `shall` it.\nMended rooms")
    findings = [(finding.binding.path, finding.binding.line, finding.binding.name) for finding in find_prose(tmp_path)]
    assert findings == [("docs/page.md", 1, "whoever"), ("docs/page.md", 3, "mended"), ("docs/page.md", 3, "rooms")]


def test_the_command_lists_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tests/project/vocabulary"]) == 0
    output = capsys.readouterr().out
    assert "0.00% of them vague" in output
    assert "shares/" not in output
