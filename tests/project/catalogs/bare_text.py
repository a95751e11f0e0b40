"""Finds texts that people read and that no catalog would have: in templates, and in the calls that show text."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

from shares import errors
from shares.errors import Refusal

# Between these two nothing is bare: the text is in the catalog, or is a comment.
TRANSLATED_BLOCKS = {"blocktranslate": "endblocktranslate", "blocktrans": "endblocktrans", "comment": "endcomment"}
CLASS_BLOCK = re.compile(r"block \w+_class")
TEXT_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title"}
# What is the same in every language.
UNTRANSLATED = re.compile(r"Sharesite|SHA-256|SHA256SUMS|UTC|MD5|URL|PW|&\w+;|/[\w/-]+")
WORD = re.compile(r"[^\W\d_]{2,}")
# Keyword arguments that are texts, of any call.
TEXT_KEYWORDS = {
    "description",
    "error_messages",
    "help",
    "help_text",
    "hint",
    "label",
    "summary",
    "verbose_name",
    "violation_error_message",
}
# Calls whose arguments are texts, and which of them.
TEXT_CALLS = {
    "CommandError": 0,
    "Concern": 0,
    "Error": 0,
    "ValidationError": 0,
    "error": 1,
    "info": 1,
    "message_user": 1,
    "success": 1,
    "warning": 1,
    "write": 0,
    "add_error": 1,
}
MESSAGE_FUNCTIONS = {"error", "info", "success", "warning"}
WRITERS = {"stdout", "stderr"}
TRANSLATIONS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}

REFUSALS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Refusal)}
REFUSAL_TEXTS = REFUSALS | {"CatalogEntry"}


class BareText(HTMLParser):
    """The words of a page that are neither translated nor markup."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in ("code", "script", "style", "svg")
        self.texts += [text for name, value in attrs if name in TEXT_ATTRIBUTES and (text := words_of(value or ""))]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if not self._code and (text := words_of(data)):
            self.texts.append(text)


def words_of(text: str) -> str:
    """``text`` if it has a word that a language would translate, else nothing."""
    return " ".join(text.split()) if WORD.search(UNTRANSLATED.sub("", text)) else ""


def bare_template_texts(source: str, *, html: bool) -> list[str]:
    visible = "".join(visible_pieces(source))
    if not html:
        # An indented line of a page for terminals is a command to copy.
        return [text for line in visible.splitlines() if not line.startswith("  ") and (text := words_of(line))]
    parser = BareText()
    parser.feed(visible)
    return parser.texts


def visible_pieces(source: str) -> Iterator[str]:
    """The literal text of a template outside of translated blocks."""
    end = ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if end:
            end = "" if token.token_type == TokenType.BLOCK and name == end else end
        elif token.token_type == TokenType.TEXT:
            yield token.contents
        elif token.token_type == TokenType.BLOCK and name in TRANSLATED_BLOCKS:
            end = TRANSLATED_BLOCKS[name]
        elif token.token_type == TokenType.BLOCK and CLASS_BLOCK.fullmatch(token.contents):
            end = "endblock"


def bare_python_texts(path: Path) -> Iterator[str]:
    """Each place where a call or a class shows a literal text, as ``line: text``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for value in text_arguments(node):
            for literal in literals(value):
                yield f"{literal.lineno}: {ast.unparse(literal)}"


def text_arguments(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name, position = called_name(node), text_position(node)
        if position is not None and len(node.args) > position:
            yield node.args[position]
        if name in REFUSAL_TEXTS:
            yield from node.args
        if name.endswith("Field") and node.args and isinstance(node.func, ast.Attribute):
            yield node.args[0]
        yield from (keyword.value for keyword in node.keywords if keyword.arg in TEXT_KEYWORDS)
    elif isinstance(node, ast.ClassDef):
        bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
        if bases & (REFUSALS | {"TextChoices"}):
            yield from class_texts(node, choices="TextChoices" in bases)


def class_texts(node: ast.ClassDef, *, choices: bool) -> Iterator[ast.expr]:
    """The text of a kind of refusal; labels of choices."""
    for statement in node.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        target, value = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target, statement.value
        if not isinstance(target, ast.Name):
            continue
        if choices and isinstance(value, ast.Tuple):
            yield value.elts[-1]
        elif not choices and target.id == "specific_detail":
            yield value


def text_position(call: ast.Call) -> int | None:
    name = called_name(call)
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if name in MESSAGE_FUNCTIONS and not (isinstance(owner, ast.Name) and owner.id == "messages"):
        return None
    if name == "write" and not (isinstance(owner, ast.Attribute) and owner.attr in WRITERS):
        return None
    return TEXT_CALLS.get(name)


def literals(value: ast.expr) -> Iterator[ast.expr]:
    """Texts of an expression outside of calls that translate; a format string with a word is one, too."""
    if isinstance(value, ast.Call) and called_name(value) in TRANSLATIONS:
        return
    if isinstance(value, ast.Constant):
        if isinstance(value.value, str) and re.search(r"[^\W\d_]{2,}", value.value):
            yield value
    elif isinstance(value, ast.JoinedStr):
        if any(isinstance(part, ast.Constant) and WORD.search(str(part.value)) for part in value.values):
            yield value
    elif isinstance(value, ast.BinOp | ast.IfExp | ast.BoolOp | ast.Dict):
        children = value.values if isinstance(value, ast.BoolOp | ast.Dict) else ast.iter_child_nodes(value)
        for child in children:
            if isinstance(child, ast.expr):
                yield from literals(child)


def called_name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
