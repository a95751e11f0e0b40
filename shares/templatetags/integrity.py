"""Scripts asked for all at once: a browser learns of an import only when it has read the module that imports it."""

import base64
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
# Imports and exports from elsewhere; those by ``import()`` are for who needs them, when they do.
_FROM = re.compile(r"""^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["'](\.[^"']+)["'];""", re.MULTILINE)


@cache
def imported(name: str) -> tuple[str, ...]:
    """Every module that ``name`` needs, at any depth, in the order of their first mention; not ``name`` itself."""
    paths: dict[str, None] = {}
    queue = [name]
    while queue:
        module = queue.pop(0)
        file = finders.find(module)
        if not isinstance(file, str):
            continue
        for specifier in _FROM.findall(Path(file).read_text(encoding="utf-8")):
            path = _beside(module, specifier)
            if path not in paths and path != name:
                paths[path] = None
                queue.append(path)
    return tuple(paths)


@register.simple_tag
def preload(name: str) -> SafeString:
    """``<link rel="modulepreload">`` for each module below the entry point ``name``."""
    return format_html_join(
        "", '<link rel="modulepreload" href="{}">', ((static(module),) for module in imported(name))
    )


@register.simple_tag
def integrity(name: str) -> str:
    """Of the static file ``name`` as this site serves it, for the attribute of the same name."""
    stored_name = getattr(staticfiles_storage, "stored_name", None)
    if stored_name is not None:
        return _digest(staticfiles_storage.path(stored_name(name)), 0)
    path = finders.find(name)
    return _digest(path, Path(path).stat().st_mtime_ns) if isinstance(path, str) else ""


@lru_cache(maxsize=512)
def _digest(path: str, _changed_at: int) -> str:
    # SHA-384 would be no harder to forge in practice, and every page would be longer by twenty letters a script.
    return f"sha256-{base64.b64encode(hashlib.sha256(Path(path).read_bytes()).digest()).decode()}"


def _beside(name: str, specifier: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / specifier).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
