"""Whether a list of files offers to show one, and how."""

from django import template

from shares.services.downloads.previews import DescribedFile, preview_type_of

register = template.Library()


@register.filter
def preview(file: DescribedFile) -> str:
    """The kind of preview a file has; empty where it has none."""
    preview_data = preview_type_of(file)
    return "" if preview_data is None else preview_data.kind
