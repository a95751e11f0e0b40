"""Names in the lines for curl and wget, quoted for a shell."""

from shlex import quote

from django import template

from shares.file_names import safe_name
from shares.storage import is_plain

register = template.Library()


def _argument(name: str) -> str:
    """Never an option, and never ``-``, which means the terminal."""
    return quote(f"./{name}" if name.startswith("-") else name)


@register.filter
def shell_name(name: str) -> str:
    return _argument(safe_name(name))


@register.filter
def curl_save(name: str) -> str:
    """Options for curl to save under ``name``: by the header of the response, or by name if curl would mangle that."""
    safe = safe_name(name)
    return "-fLOJ" if is_plain(safe) else f"-fL -o {_argument(safe)}"


@register.filter
def wget_save(name: str) -> str:
    safe = safe_name(name)
    return "--content-disposition" if is_plain(safe) else f"-O {_argument(safe)}"
