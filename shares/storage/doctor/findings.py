"""A finding of the storage doctor."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """``remedy`` is what to do about it; empty if all is well."""

    level: Literal["ok", "warn", "fail"]
    message: str
    remedy: str = ""


def ok(message: str) -> Finding:
    return Finding("ok", message)


def warn(message: str, remedy: str) -> Finding:
    return Finding("warn", message, remedy)


def fail(message: str, remedy: str) -> Finding:
    return Finding("fail", message, remedy)
