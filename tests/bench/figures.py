"""A figure: what was measured, its target, and how the figures of a run are printed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` must reach ``target``, or stay under it where ``at_most``. Ratios have no ``unit``."""

    name: str
    value: float
    target: float
    unit: str = ""
    at_most: bool = False

    @property
    def met(self) -> bool:
        return self.value < self.target if self.at_most else self.value >= self.target

    def cells(self) -> tuple[str, str, str, str]:
        sign = "<" if self.at_most else ">="
        unit = f" {self.unit}" if self.unit else ""
        return self.name, f"{self.value:.2f}{unit}", f"{sign} {self.target:g}{unit}", "pass" if self.met else "MISS"


def table(figures: Sequence[Figure]) -> str:
    rows = [("figure", "measured", "target", ""), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
