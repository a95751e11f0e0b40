"""What the detail of an event states: a code or values in the database and in exports, a text on pages.

An event outlives the language of the request that it is about, so no text for people is stored.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote, unquote

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shares.formats import format_moment
from shares.models import Event, Share
from shares.refusal_catalog import describe_refusal

# Of the 200 characters of a detail, the rest is for the other values.
MAX_OBJECT_LENGTH = 120
CODE_TEXTS = {
    "preview": _("preview"),
    "revoked": _("removed"),
    "blocked for abuse": _("blocked for abuse"),
    "no longer blocked": _("no longer blocked"),
    "file blocked": _("file blocked"),
    "file removed": _("file removed"),
    "file released": _("file released"),
    "upload abandoned": _("upload abandoned"),
}

FIELD_NAMES = {field.name: field.verbose_name for field in Share._meta.fields}  # noqa: SLF001 - documented by Django


def format_values(**values: object) -> str:
    """Values without spaces, as an event stores them: ``count=2 seconds=900``."""
    return " ".join(f"{name}={value}" for name, value in values.items())


def format_urls(*, count: int, seconds: int, key: str, object_key: str = "") -> str:
    """The detail of ``count`` URLs that work for ``seconds``: ``key`` signed them, for the object ``object_key``."""
    values: dict[str, object] = {"count": count, "seconds": seconds, "key": key}
    if object_key:
        values["object"] = quote(object_key)[:MAX_OBJECT_LENGTH]
    return format_values(**values)


def describe_detail(kind: str, detail: str) -> str:
    """The text of a detail in the current language; what people wrote, and names of programs, as they are."""
    if kind in DESCRIPTIONS:
        with suppress(KeyError, ValueError):
            return DESCRIPTIONS[kind](detail)
    return str(CODE_TEXTS.get(detail, detail))


def _describe_urls(detail: str) -> str:
    values = _parse_values(detail)
    count, seconds = int(values["count"]), int(values["seconds"])
    text = ngettext(
        "%(count)d URL that works for %(seconds)d s, signed with the key %(key)s",
        "%(count)d URLs that work for %(seconds)d s, signed with the key %(key)s",
        count,
    )
    sentence = text % {"count": count, "seconds": seconds, "key": values["key"]}
    return f"{unquote(values['object'])}: {sentence}" if "object" in values else sentence


def _describe_files(detail: str) -> str:
    count = int(_parse_values(detail)["files"])
    return ngettext("%(count)d file", "%(count)d files", count) % {"count": count}


def _describe_extension(detail: str) -> str:
    until = datetime.fromisoformat(_parse_values(detail)["until"])
    return gettext("extended to %(moment)s UTC") % {"moment": format_moment(until)}


def _describe_fields(detail: str) -> str:
    return ", ".join(str(FIELD_NAMES[name]) for name in detail.split(", "))


def _parse_values(detail: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in detail.split())
    return {name: value for name, separator, value in pairs if separator}


DESCRIPTIONS: dict[str, Callable[[str], str]] = {
    Event.Kind.ADMIN: _describe_extension,
    Event.Kind.EDITED: _describe_fields,
    Event.Kind.REFUSED: describe_refusal,
    Event.Kind.SIGNED: _describe_urls,
    Event.Kind.STREAMED: _describe_files,
    Event.Kind.THUMBNAIL_URLS: _describe_urls,
    Event.Kind.UPLOAD_URLS: _describe_urls,
    Event.Kind.WITHHELD: describe_refusal,
}
