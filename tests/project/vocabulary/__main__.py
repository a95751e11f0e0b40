"""Lists the retired and vague names with what to write instead: ``python -m tests.project.vocabulary [PATH]``."""

import argparse
from collections.abc import Sequence

from sharesite.env import PROJECT
from tests.project.vocabulary.bindings import Binding, project_bindings
from tests.project.vocabulary.findings import Finding, find_terms
from tests.project.vocabulary.ratchet import area_of, compare_number, count_by_area, read_counts, write_counts


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.project.vocabulary", description=__doc__)
    parser.add_argument("path", nargs="?", default="", help="a folder or file, such as shares/services; default: all")
    parser.add_argument("--update", action="store_true", help="lower the numbers in counts.json to what is found")
    options = parser.parse_args(arguments)
    bindings = project_bindings(PROJECT)
    findings = find_terms(bindings)
    if options.update:
        return update_counts(findings, {area_of(binding.path) for binding in bindings})
    print_report(
        [binding for binding in bindings if lies_below(binding, options.path)],
        [finding for finding in findings if lies_below(finding.binding, options.path)],
    )
    return 0


def lies_below(binding: Binding, path: str) -> bool:
    folder = path.removesuffix("/")
    return folder in {"", ".", binding.path} or binding.path.startswith(f"{folder}/")


def print_report(bindings: Sequence[Binding], findings: Sequence[Finding]) -> None:
    for finding in sorted(findings, key=lambda finding: (finding.binding.path, finding.binding.line)):
        print(f"{finding}  ({finding.kind})")
    counts = count_by_area(findings, {area_of(binding.path) for binding in bindings})
    print(f"\n{'area':24}{'retired':>9}{'vague':>9}")
    for area, count in counts.items():
        print(f"{area:24}{count['retired']:9}{count['vague']:9}")
    vague = sum(finding.kind == "vague" for finding in findings)
    print(f"{'all':24}{len(findings) - vague:9}{vague:9}")
    print(f"{len(bindings)} bindings, {vague / max(len(bindings), 1):.2%} of them vague")


def update_counts(findings: Sequence[Finding], areas: set[str]) -> int:
    """Writes the counts if none of them rises in total: what moves from one area to another may take them along."""
    counts, allowed = count_by_area(findings, areas), read_counts()
    risen = [
        problem
        for kind in ("retired", "vague")
        for problem in compare_number(f"{kind} names", total(counts, kind), total(allowed, kind))
        if total(counts, kind) > total(allowed, kind)
    ]
    if risen:
        print("\n".join(risen))
        return 1
    write_counts(counts)
    return 0


def total(counts: dict[str, dict[str, int]], kind: str) -> int:
    return sum(count[kind] for count in counts.values())


if __name__ == "__main__":
    raise SystemExit(main())
