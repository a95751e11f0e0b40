"""Policies that somebody else wrote: their statements, in the shapes that the grammar allows.

Source: AWS Identity and Access Management user guide, "Grammar of the IAM JSON policy language".
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Of each kind of principal, in the order in which they are described.
Principals = Mapping[str, tuple[str, ...]]
EVERYBODY: Principals = {"AWS": ("*",)}


class PolicyError(ValueError):
    """The text is no policy."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``negates_…``: the statement has NotAction, NotResource or NotPrincipal, and concerns everything else.

    ``conditions`` are triples of operator, key and values; all of them must hold.
    """

    sid: str
    is_deny: bool
    principals: Principals
    negates_principals: bool
    actions: tuple[str, ...]
    negates_actions: bool
    resources: tuple[str, ...]
    negates_resources: bool
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def concerns_action(self, action: str) -> bool:
        return matches_any(action.lower(), map(str.lower, self.actions)) is not self.negates_actions

    def concerns_resource(self, arn: str) -> bool:
        return matches_any(arn, self.resources) is not self.negates_resources

    def concerns_some_object(self, prefix: str) -> bool:
        """Whether the statement concerns any object whose ARN begins with ``prefix``.

        A pattern such as ``…/u/a*`` concerns some of the objects below ``…/u/``.
        """
        if self.negates_resources:
            return not any(pattern.endswith("*") and matches(prefix, pattern) for pattern in self.resources)
        return any(overlaps(prefix, pattern) for pattern in self.resources)

    @property
    def concerns_everybody(self) -> bool:
        """Whether it concerns requests without a signature too."""
        return "*" in self.principals or "*" in self.principals.get("AWS", ()) or self.negates_principals

    def concerns_principal(self, names: Collection[str]) -> bool | None:
        """Whether the statement concerns the caller with these ``names``; None if that is unknown, as without names."""
        principals = self.principals.get("AWS", ())
        if "*" in principals or "*" in self.principals:
            return not self.negates_principals
        if "CanonicalUser" in self.principals or (principals and not names):
            return None
        return any(name in names for name in principals) is not self.negates_principals


def parse_policy(text: str) -> list[Statement]:
    """The statements of a policy; none for an empty one. Raises ``PolicyError``."""
    if not text.strip():
        return []
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError("it is no JSON") from error
    if not isinstance(document, dict):
        raise PolicyError("it is no object")
    entries = document.get("Statement", [])
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PolicyError("its Statement is no list of objects")
    return [parse_statement(entry, number) for number, entry in enumerate(entries, 1)]


def parse_statement(entry: dict[str, Any], number: int) -> Statement:
    """``number`` names a statement that has no Sid."""
    if entry.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyError(f"the Effect of statement {number} is neither Allow nor Deny")
    actions, negates_actions = either(entry, "Action", number)
    resources, negates_resources = either(entry, "Resource", number)
    name = "NotPrincipal" if "NotPrincipal" in entry else "Principal"
    return Statement(
        sid=str(entry.get("Sid") or f"number {number}"),
        is_deny=entry["Effect"] == "Deny",
        principals=parse_principals(entry.get(name, "*")),
        negates_principals=name == "NotPrincipal",
        actions=actions,
        negates_actions=negates_actions,
        # A variable stands for a value that only the store knows.
        resources=tuple(re.sub(r"\$\{[^}]*\}", "*", resource) for resource in resources),
        negates_resources=negates_resources,
        conditions=tuple(parse_conditions(entry.get("Condition", {}), number)),
    )


def either(entry: dict[str, Any], name: str, number: int) -> tuple[tuple[str, ...], bool]:
    """The values of ``name`` or ``Not<name>``, and whether it is the latter."""
    negated = f"Not{name}"
    if (name in entry) is (negated in entry):
        raise PolicyError(f"statement {number} needs {name} or {negated}, and not both")
    return strings(entry.get(name, entry.get(negated))), negated in entry


def strings(value: Any) -> tuple[str, ...]:
    """A single value stands for a list of one; numbers and booleans are written as JSON writes them."""
    values = value if isinstance(value, list) else [value]
    return tuple(item if isinstance(item, str) else json.dumps(item) for item in values)


def parse_principals(value: Any) -> Principals:
    if isinstance(value, dict):
        return {str(kind): strings(names) for kind, names in value.items()}
    return EVERYBODY if value == "*" else {"AWS": strings(value)}


def parse_conditions(value: Any, number: int) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    if not isinstance(value, dict) or not all(isinstance(keys, dict) for keys in value.values()):
        raise PolicyError(f"the Condition of statement {number} is no object of objects")
    for operator, keys in value.items():
        for key, values in keys.items():
            yield operator, key, strings(values)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """``*`` is any text, ``?`` one character; all else stands for itself."""
    text = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(text, re.DOTALL)


def matches(text: str, pattern: str) -> bool:
    return compiled(pattern).fullmatch(text) is not None


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    return any(matches(text, pattern) for pattern in patterns)


def overlaps(prefix: str, pattern: str) -> bool:
    """Whether ``pattern`` matches any text that begins with ``prefix``."""
    # Positions in the pattern that are reached after each character of the prefix.
    positions = closure(pattern, {0})
    for character in prefix:
        following = {
            position if pattern[position] == "*" else position + 1
            for position in positions
            if position < len(pattern) and pattern[position] in {"*", "?", character}
        }
        positions = closure(pattern, following)
    return any(position < len(pattern) for position in positions)


def closure(pattern: str, positions: set[int]) -> set[int]:
    """The positions, and those after a ``*`` that matches nothing."""
    reached = set(positions)
    pending = [*positions]
    while pending:
        position = pending.pop()
        if position < len(pattern) and pattern[position] == "*" and position + 1 not in reached:
            reached.add(position + 1)
            pending.append(position + 1)
    return reached
