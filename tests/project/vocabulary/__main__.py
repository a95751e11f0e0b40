"""Lists retired and vague names, and words of prose: ``python -m tests.project.vocabulary [PATH]``."""

import argparse
from collections.abc import Iterable, Sequence

from sharesite.env import PROJECT
from tests.project.vocabulary.bindings import Binding, project_bindings
from tests.project.vocabulary.findings import Finding, find_terms
from tests.project.vocabulary.prose import documents, find_prose
from tests.project.vocabulary.ratchet import (
    KINDS,
    area_of,
    compare_number,
    count_by_area,
    read_counts,
    terms_digest,
    write_counts,
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.project.vocabulary", description=__doc__)
    parser.add_argument("path", nargs="?", default="", help="a folder or file, such as shares/services; default: all")
    parser.add_argument("--update", action="store_true", help="lower the numbers in counts.json to the current ones")
    options = parser.parse_args(arguments)
    bindings = project_bindings(PROJECT)
    findings = [*find_terms(bindings), *find_prose(PROJECT)]
    if options.update:
        return update_counts(findings, all_areas(bindings))
    print_report(
        [binding for binding in bindings if lies_below(binding, options.path)],
        [finding for finding in findings if lies_below(finding.binding, options.path)],
    )
    return 0


def all_areas(bindings: Iterable[Binding]) -> set[str]:
    paths = [path.relative_to(PROJECT).as_posix() for path in documents(PROJECT)]
    return {area_of(path) for path in [*(binding.path for binding in bindings), *paths]}


def lies_below(binding: Binding, path: str) -> bool:
    folder = path.removesuffix("/")
    return folder in {"", ".", binding.path} or binding.path.startswith(f"{folder}/")


def print_report(bindings: Sequence[Binding], findings: Sequence[Finding]) -> None:
    for finding in sorted(findings, key=lambda finding: (finding.binding.path, finding.binding.line)):
        print(f"{finding}  ({finding.kind})")
    counts = count_by_area(findings, {area_of(finding.binding.path) for finding in findings})
    print(f"\n{'area':24}" + "".join(f"{kind:>9}" for kind in KINDS))
    for area, count in counts.items():
        print(f"{area:24}" + "".join(f"{count[kind]:9}" for kind in KINDS))
    print(f"{'all':24}" + "".join(f"{total(counts, kind):9}" for kind in KINDS))
    print(f"{len(bindings)} bindings, {total(counts, 'vague') / max(len(bindings), 1):.2%} of them vague")


def update_counts(findings: Sequence[Finding], areas: set[str]) -> int:
    """Writes the counts if no total rises: a module may move from one area to another with its findings."""
    counts, (allowed, digest) = count_by_area(findings, areas), read_counts()
    risen = [
        problem
        for kind, label in KINDS.items()
        for problem in compare_number(label, total(counts, kind), total(allowed, kind))
        if total(counts, kind) > total(allowed, kind)
    ]
    if risen and digest == terms_digest():
        print("\n".join(risen))
        return 1
    write_counts(counts)
    return 0


def total(counts: dict[str, dict[str, int]], kind: str) -> int:
    return sum(count.get(kind, 0) for count in counts.values())


if __name__ == "__main__":
    raise SystemExit(main())
