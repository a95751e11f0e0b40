"""Counts the findings of each area and compares them with ``counts.json``: they may only get fewer.

``counts.json`` also has a digest of the terms: ``--update`` replaces the counts of other terms without a comparison.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tests.project.vocabulary.findings import Finding
from tests.project.vocabulary.terms import PROSE, RETIRED, VAGUE

COUNTS_FILE = Path(__file__).with_name("counts.json")
KINDS = {"retired": "retired names", "vague": "vague names", "prose": "words of prose"}
TERMS_KEY = "terms"
Counts = dict[str, dict[str, int]]
"""The counts of each kind by area: ``{"shares/services": {"retired": 3, "vague": 1, "prose": 2}}``."""


def area_of(path: str) -> str:
    """The package of a file in shares, else its top-level folder; scripts have the areas static/js and tests/js.

    Files beside the packages of shares are the area "shares", those in the root folder the area ".".
    """
    folders = PurePosixPath(path).parts[:-1]
    if not folders:
        return "."
    if folders[0] == "shares" or folders[:2] in {("static", "js"), ("tests", "js")}:
        return "/".join(folders[:2])
    return folders[0]


def count_by_area(findings: Iterable[Finding], areas: Iterable[str]) -> Counts:
    """Contains each of ``areas``, with zeros where nothing was found."""
    counts: Counts = {area: dict.fromkeys(KINDS, 0) for area in sorted(areas)}
    for finding in findings:
        counts[area_of(finding.binding.path)][finding.kind] += 1
    return counts


def compare(counts: Counts, allowed: Counts) -> list[str]:
    """One sentence for each number that differs, and for each area that only one of them knows."""
    problems = []
    for area in sorted(counts.keys() | allowed.keys()):
        if area not in counts:
            problems.append(f"{area}: no such area any more; remove it from {COUNTS_FILE.name}")
            continue
        for kind, count in counts[area].items():
            problems += compare_number(f"{area}: {KINDS[kind]}", count, allowed.get(area, {}).get(kind, 0))
        if area not in allowed:
            problems.append(f"{area}: a new area; add it to {COUNTS_FILE.name} with {json.dumps(counts[area])}")
    return problems


def compare_number(label: str, count: int, allowed: int) -> list[str]:
    if count > allowed:
        return [f"{label}: {count}, at most {allowed} are allowed; `make words` lists them"]
    if count < allowed:
        hint = f"write {count} there (make words ARGS=--update)"
        return [f"{label}: {count}, fewer than the {allowed} in {COUNTS_FILE.name}; {hint}"]
    return []


def terms_digest() -> str:
    """Changes with the terms, and not with the folders or suggestions of their entries."""
    all_terms = sorted({term for retired in RETIRED for term in retired.terms.split()} | VAGUE.keys() | PROSE.keys())
    return hashlib.sha256("\n".join(all_terms).encode()).hexdigest()[:12]


def read_counts() -> tuple[Counts, str]:
    """The counts, and the digest of the terms that they are counts of."""
    document = json.loads(COUNTS_FILE.read_text(encoding="utf-8"))
    digest = document.pop(TERMS_KEY, "")
    return document, digest


def write_counts(counts: Counts) -> None:
    document = {TERMS_KEY: terms_digest(), **counts}
    COUNTS_FILE.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")
