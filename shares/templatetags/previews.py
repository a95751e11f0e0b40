"""Whether a list of files offers to show one, and how."""

from django import template

from shares.services.downloads.previews import Described, shown_as

register = template.Library()


@register.filter
def preview(file: Described) -> str:
    """The kind of preview a file has; empty where it has none."""
    preview_data = shown_as(file)
    return "" if preview_data is None else preview_data.kind
