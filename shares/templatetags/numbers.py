"""Sizes and file kinds in the words people use."""

from pathlib import PurePosixPath

from django import template

register = template.Library()
UNITS = ("kB", "MB", "GB", "TB", "PB")
# What would be written as 1000 belongs to the next unit; from here on a decimal says nothing.
NEXT_UNIT, WHOLE = 999.5, 99.95


@register.filter
def size(count: int) -> str:
    """Bytes in decimal units: 512 bytes, 18.2 MB, 412 MB, 1.4 GB."""
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    value = float(count)
    for unit in UNITS:
        value /= 1000
        if value < NEXT_UNIT or unit == UNITS[-1]:
            break
    text = f"{value:.1f}".removesuffix(".0") if value < WHOLE else f"{value:.0f}"
    return f"{text} {unit}"


@register.filter
def kind(name: str) -> str:
    """The extension in at most four capitals, for the badge beside a file; a bullet where there is none."""
    letters = PurePosixPath(name).suffix.removeprefix(".")
    return letters.upper() if 0 < len(letters) <= 4 and letters.isalnum() and letters.isascii() else "•"
