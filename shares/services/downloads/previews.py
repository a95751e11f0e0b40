"""Previews: which files may be looked at in a page, and as what.

The sender's word only chooses from the tables below; what storage is told to call the bytes stands here. Nothing that
can run is among them: no SVG, no HTML, no XML, and a PDF leaves storage as opaque bytes, to be drawn by the page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound
from shares.models import Event, SharedFile
from shares.services import events
from shares.services.downloads import start
from shares.services.downloads.grants import Held
from shares.services.downloads.page import admit
from shares.services.downloads.start import Download, Link, Served

IMAGE, VIDEO, AUDIO, PDF, TEXT, MARKDOWN = "image", "video", "audio", "pdf", "text", "markdown"
MIB = 1024 * 1024
# More than a page should decode at once, in bytes. Films are read piece by piece, texts only at their beginning.
MOST = {IMAGE: 64 * MIB, PDF: 64 * MIB}
PREVIEW = "preview"
PLAIN_TEXT = "text/plain; charset=utf-8"

# What a sender may call a file, and what storage calls it then.
TYPES: dict[str, tuple[str, str]] = {
    "image/jpeg": (IMAGE, "image/jpeg"),
    "image/jpg": (IMAGE, "image/jpeg"),
    "image/png": (IMAGE, "image/png"),
    "image/apng": (IMAGE, "image/apng"),
    "image/gif": (IMAGE, "image/gif"),
    "image/webp": (IMAGE, "image/webp"),
    "image/avif": (IMAGE, "image/avif"),
    "image/bmp": (IMAGE, "image/bmp"),
    "image/x-ms-bmp": (IMAGE, "image/bmp"),
    "image/x-icon": (IMAGE, "image/x-icon"),
    "image/vnd.microsoft.icon": (IMAGE, "image/x-icon"),
    "video/mp4": (VIDEO, "video/mp4"),
    "video/x-m4v": (VIDEO, "video/mp4"),
    "video/quicktime": (VIDEO, "video/mp4"),
    "video/webm": (VIDEO, "video/webm"),
    "video/ogg": (VIDEO, "video/ogg"),
    "audio/mpeg": (AUDIO, "audio/mpeg"),
    "audio/mp3": (AUDIO, "audio/mpeg"),
    "audio/mp4": (AUDIO, "audio/mp4"),
    "audio/x-m4a": (AUDIO, "audio/mp4"),
    "audio/mp4a-latm": (AUDIO, "audio/mp4"),
    "audio/aac": (AUDIO, "audio/aac"),
    "audio/ogg": (AUDIO, "audio/ogg"),
    "audio/opus": (AUDIO, "audio/ogg"),
    "audio/wav": (AUDIO, "audio/wav"),
    "audio/x-wav": (AUDIO, "audio/wav"),
    "audio/wave": (AUDIO, "audio/wav"),
    "audio/vnd.wave": (AUDIO, "audio/wav"),
    "audio/flac": (AUDIO, "audio/flac"),
    "audio/x-flac": (AUDIO, "audio/flac"),
    "audio/webm": (AUDIO, "audio/webm"),
    "application/pdf": (PDF, ""),
    "text/plain": (TEXT, PLAIN_TEXT),
    "text/csv": (TEXT, PLAIN_TEXT),
    "text/markdown": (MARKDOWN, PLAIN_TEXT),
    "application/json": (TEXT, PLAIN_TEXT),
}
# Types say little about text, and differ from system to system: there the end of the name decides.
MARKDOWN_NAMES = {"md", "markdown", "mdown"}
TEXT_NAMES = {
    "txt", "log", "csv", "tsv", "json", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties",
    "diff", "patch", "sql", "graphql", "proto", "js", "mjs", "cjs", "jsx", "ts", "tsx", "css", "scss", "less", "py",
    "pyi", "rb", "php", "pl", "lua", "r", "jl", "java", "kt", "kts", "scala", "groovy", "gradle", "swift", "m", "c",
    "h", "cc", "cpp", "cxx", "hpp", "hxx", "cs", "go", "rs", "zig", "hs", "ml", "ex", "exs", "erl", "clj", "dart",
    "sh", "bash", "zsh", "fish", "ps1", "bat", "vim", "tex", "bib", "rst", "adoc", "srt", "vtt", "dockerfile",
    "makefile", "license", "readme", "changelog", "gitignore",
}  # fmt: skip
# Neither what is called so nor what is told to be so is ever shown, whatever else is said of it.
PAGE_NAMES = {
    "svg", "svgz", "htm", "html", "xhtml", "xht", "shtml", "xml", "xsl", "xslt", "mht", "mhtml", "rss", "atom",
    "rdf", "mml", "swf", "hta",
}  # fmt: skip
PAGE_TYPES = ("html", "xml", "svg", "multipart/", "message/", "flash")


class Described(Protocol):
    """A file as its sender describes it; ``size`` in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """How a page shows a file, and how storage hands it out for that."""

    kind: str
    served: Served


def shown_as(file: Described) -> Shown | None:
    """None for what is not shown: pages in disguise, types without a place in the table, what is too large, nothing."""
    ending = file.name.lower().rpartition(".")[2]
    if ending in PAGE_NAMES or any(word in file.content_type for word in PAGE_TYPES) or file.size == 0:
        return None
    kind, media_type = TYPES.get(file.content_type, ("", ""))
    if kind in ("", TEXT) and ending in MARKDOWN_NAMES:
        kind, media_type = MARKDOWN, PLAIN_TEXT
    elif not kind and ending in TEXT_NAMES:
        kind, media_type = TEXT, PLAIN_TEXT
    if not kind or file.size > MOST.get(kind, file.size):
        return None
    return Shown(kind, Served(content_type=media_type, told=PREVIEW) if media_type else Served(told=PREVIEW))


def take(
    *, share_id: str, file_id: str, caller: Caller, held: Held, now: datetime, opening: bool = False
) -> tuple[Download, Shown]:
    """One file to look at, under the same rules as a download and for the same unit: its address serves all of it.

    Raises as ``start.take`` does, and Invalid for a file that is not shown. Of a strict share none is.
    """
    file = SharedFile.objects.select_related("share__owner").filter(pk=file_id, share=share_id).first()
    if file is None:
        raise NotFound
    preview = None if file.share.strict else shown_as(file)
    if preview is None:
        admit(share=file.share, held=held, caller=caller, now=now)
        raise Invalid(_("This file can't be previewed here. Download it to open it."))
    download = start.take(
        share=file.share, files=[file], caller=caller, held=held, now=now, opening=opening, served=preview.served
    )
    return download, preview


def own(*, file: SharedFile, caller: Caller, now: datetime) -> tuple[Link, Shown]:
    """A file for its owner to look at: takes nothing, and stands in the history. Raises a Refusal."""
    share = file.share
    refusal = policies.owner_only(share, caller) or policies.editable(share) or policies.downloadable(file)
    if refusal is not None:
        raise refusal
    preview = None if share.strict else shown_as(file)
    if preview is None:
        raise Invalid(_("This file can't be previewed here."))
    start.require_storage()
    link = start.sign(file.pk, file.key, file.download_name, ends=None, caller=caller, now=now, served=preview.served)
    events.record(Event.Kind.SIGNED, caller=caller, share=share, file=file, now=now, detail=PREVIEW)
    return link, preview
