"""The words that comments, docstrings and documents give up, found in Python, scripts and Markdown.

Code in a document is left out: it stands in backquotes.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.project.vocabulary.bindings import JAVASCRIPT_FOLDERS, PYTHON_FOLDERS, Binding, source_files
from tests.project.vocabulary.findings import Finding
from tests.project.vocabulary.terms import PROSE

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
JAVASCRIPT_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
MARKDOWN_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
WORD = re.compile(rf"\b(?:{'|'.join(PROSE)})\b", re.IGNORECASE)
Text = tuple[int, str]


def find_prose(project: Path) -> Iterator[Finding]:
    """A finding for each word; its binding has the word as the name."""
    for path in source_files(project, PYTHON_FOLDERS, {".py"}):
        yield from _find_words(project, path, python_texts(path.read_text(encoding="utf-8")))
    for path in source_files(project, JAVASCRIPT_FOLDERS, {".js", ".mjs"}):
        yield from _find_words(project, path, javascript_texts(path.read_text(encoding="utf-8")))
    for path in documents(project):
        yield from _find_words(project, path, [(1, markdown_text(path.read_text(encoding="utf-8")))])


def documents(project: Path) -> list[Path]:
    return [*sorted(project.glob("*.md")), *source_files(project, ("docs",), {".md"})]


def python_texts(source: str) -> Iterator[Text]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            yield node.body[0].lineno, ast.get_docstring(node, clean=False) or ""


def javascript_texts(source: str) -> Iterator[Text]:
    for match in JAVASCRIPT_COMMENT.finditer(source):
        yield source.count("\n", 0, match.start()) + 1, match[0]


def markdown_text(source: str) -> str:
    """The text without code, with the same number of lines."""
    return MARKDOWN_CODE.sub(lambda match: "\n" * match[0].count("\n"), source)


def _find_words(project: Path, path: Path, texts: Iterator[Text] | list[Text]) -> Iterator[Finding]:
    relative = path.relative_to(project).as_posix()
    for line, text in texts:
        for match in WORD.finditer(text):
            word = match[0].lower()
            replacement = next(suggestion for pattern, suggestion in PROSE.items() if re.fullmatch(pattern, word))
            yield Finding(Binding(relative, line + text.count("\n", 0, match.start()), word), "prose", replacement)
