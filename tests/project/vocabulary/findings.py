"""Compares the names that the code binds with the terms that names give up."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from tests.project.vocabulary.bindings import Binding
from tests.project.vocabulary.terms import PUBLIC_NAMES, RETIRED, VAGUE, Match, RetiredTerms

NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
Kind = Literal["retired", "vague", "prose"]


@dataclass(frozen=True, slots=True)
class Finding:
    binding: Binding
    kind: Kind
    replacement: str

    def __str__(self) -> str:
        return f"{self.binding.path}:{self.binding.line} {self.binding.name} -> {self.replacement}"


def find_terms(bindings: Iterable[Binding]) -> list[Finding]:
    """One finding at most for each binding: a name that is vague counts as that alone."""
    return [finding for binding in bindings if (finding := _find_in_name(binding))]


def split_name(name: str) -> tuple[str, ...]:
    """``_wantedFiles`` and ``wanted_files`` become ``("wanted", "Files")`` and ``("wanted", "files")``."""
    return tuple(NAME_PART.findall(name))


def is_retired(binding: Binding, term: str, retired: RetiredTerms) -> bool:
    parts, term_parts = split_name(binding.name), split_name(term)
    if term == term.lower():
        parts = tuple(part.lower() for part in parts)
    if (retired.folders and not binding.path.startswith(retired.folders)) or not binding.path.endswith(retired.suffix):
        return False
    match retired.match:
        case Match.NAME:
            return parts == term_parts
        case Match.FILE:
            return parts == term_parts and _names_file(binding)
        case Match.PART:
            return _contains(parts, term_parts) and not _names_test(binding)
        case Match.ANYWHERE:
            return _contains(parts, term_parts)


def _find_in_name(binding: Binding) -> Finding | None:
    if any(binding.path.startswith(path) and binding.name == name for path, name in PUBLIC_NAMES):
        return None
    parts = [part.lower() for part in split_name(binding.name)]
    replacement = _replacement_of_retired(binding, parts)
    if len(parts) == 1 and parts[0] in VAGUE:
        return Finding(binding, "vague", replacement or VAGUE[parts[0]])
    return Finding(binding, "retired", replacement) if replacement else None


def _replacement_of_retired(binding: Binding, parts: list[str]) -> str | None:
    for part in parts:
        for term, retired in _BY_FIRST_PART.get(part, ()):
            if is_retired(binding, term, retired):
                return retired.replacement
    return None


def _contains(parts: tuple[str, ...], term_parts: tuple[str, ...]) -> bool:
    length = len(term_parts)
    return any(parts[start : start + length] == term_parts for start in range(len(parts) - length + 1))


def _names_file(binding: Binding) -> bool:
    """Bindings on line 1 are files, packages, or names that happen to stand there: those differ from their file's."""
    path = PurePosixPath(binding.path)
    stem = path.name.split(".")[0]
    return binding.line == 1 and binding.name == (path.parent.name if stem == "__init__" else stem)


def _names_test(binding: Binding) -> bool:
    return binding.name.startswith("test_") and not _names_file(binding)


def _index_by_first_part() -> dict[str, list[tuple[str, RetiredTerms]]]:
    index: dict[str, list[tuple[str, RetiredTerms]]] = defaultdict(list)
    for retired in RETIRED:
        for term in retired.terms.split():
            index[split_name(term)[0].lower()].append((term, retired))
    return dict(index)


_BY_FIRST_PART = _index_by_first_part()
