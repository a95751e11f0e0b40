"""Sizes of files, and the badge with their extension."""

from pathlib import PurePosixPath

from django import template

from shares.formats import format_size

register = template.Library()
register.filter("size", format_size)


@register.filter
def kind(name: str) -> str:
    """The extension in at most four capitals, for the badge beside a file; a bullet where there is none."""
    letters = PurePosixPath(name).suffix.removeprefix(".")
    return letters.upper() if 0 < len(letters) <= 4 and letters.isalnum() and letters.isascii() else "•"
