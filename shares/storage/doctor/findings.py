"""What the storage doctor says about one thing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """``cure`` is what to do about it; empty when all is well."""

    level: Literal["ok", "warn", "fail"]
    what: str
    cure: str = ""


def ok(what: str) -> Finding:
    return Finding("ok", what)


def warn(what: str, cure: str) -> Finding:
    return Finding("warn", what, cure)


def fail(what: str, cure: str) -> Finding:
    return Finding("fail", what, cure)
