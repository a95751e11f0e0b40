"""A broken twin: a copy of the project in which one rule is broken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Twin:
    """``original`` occurs once in ``path``, replaced by ``broken``; ``tests``: arguments of pytest or an ``.mjs``."""

    rule: str
    path: str
    original: str
    broken: str
    tests: str
    sqlite: bool = True
