"""Previews: which files a page may display, and as which type.

The sender's type only selects from the tables below, which have the media type of the response. Nothing that
can run is among them: no SVG, no HTML, no XML, and a PDF leaves storage as opaque bytes, to be drawn by the page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import Invalid, NotFound
from shares.models import Event, SharedFile
from shares.models.ids import new_id
from shares.services import events
from shares.services.downloads.access import require_access
from shares.services.downloads.delivery import (
    Download,
    Link,
    ResponseDisposition,
    delivery_of,
    require_storage,
)
from shares.services.downloads.start import start_download
from shares.services.downloads.visits import Visit

IMAGE, VIDEO, AUDIO, PDF, TEXT, MARKDOWN = "image", "video", "audio", "pdf", "text", "markdown"
MIB = 1024 * 1024
# More than a page should decode at once, in bytes. Videos are read piece by piece, texts only at their beginning.
MAX_BYTES = {IMAGE: 64 * MIB, PDF: 64 * MIB}
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
# The types of text files differ from system to system: for them the extension decides.
MARKDOWN_NAMES = {"md", "markdown", "mdown"}
TEXT_NAMES = {
    "txt", "log", "csv", "tsv", "json", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties",
    "diff", "patch", "sql", "graphql", "proto", "js", "mjs", "cjs", "jsx", "ts", "tsx", "css", "scss", "less", "py",
    "pyi", "rb", "php", "pl", "lua", "r", "jl", "java", "kt", "kts", "scala", "groovy", "gradle", "swift", "m", "c",
    "h", "cc", "cpp", "cxx", "hpp", "hxx", "cs", "go", "rs", "zig", "hs", "ml", "ex", "exs", "erl", "clj", "dart",
    "sh", "bash", "zsh", "fish", "ps1", "bat", "vim", "tex", "bib", "rst", "adoc", "srt", "vtt", "dockerfile",
    "makefile", "license", "readme", "changelog", "gitignore",
}  # fmt: skip
# A file with such a name or such a type is never displayed, whatever the other says.
PAGE_NAMES = {
    "svg", "svgz", "htm", "html", "xhtml", "xht", "shtml", "xml", "xsl", "xslt", "mht", "mhtml", "rss", "atom",
    "rdf", "mml", "swf", "hta",
}  # fmt: skip
PAGE_TYPES = ("html", "xml", "svg", "multipart/", "message/", "flash")


class DescribedFile(Protocol):
    """A file as its sender describes it; ``size`` in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True, slots=True)
class PreviewType:
    """How a page displays a file, and how storage must respond for that."""

    kind: str
    disposition: ResponseDisposition


def preview_type_of(file: DescribedFile) -> PreviewType | None:
    """None for what is not shown: pages in disguise, types without a place in the table, what is too large, nothing."""
    ending = file.name.lower().rpartition(".")[2]
    if ending in PAGE_NAMES or any(word in file.content_type for word in PAGE_TYPES) or file.size == 0:
        return None
    kind, media_type = TYPES.get(file.content_type, ("", ""))
    if kind in ("", TEXT) and ending in MARKDOWN_NAMES:
        kind, media_type = MARKDOWN, PLAIN_TEXT
    elif not kind and ending in TEXT_NAMES:
        kind, media_type = TEXT, PLAIN_TEXT
    if not kind or file.size > MAX_BYTES.get(kind, file.size):
        return None
    return PreviewType(
        kind,
        ResponseDisposition(media_type=media_type, detail=PREVIEW)
        if media_type
        else ResponseDisposition(detail=PREVIEW),
    )


def start_preview(*, share_id: str, file_id: str, visit: Visit) -> tuple[Download, PreviewType]:
    """The preview of one file: it counts as a download, since its address serves the whole file.

    Raises as ``start_download`` does, and Invalid for a file that has no preview.
    """
    file = SharedFile.objects.select_related("share__owner").filter(pk=file_id, share=share_id).first()
    if file is None:
        raise NotFound
    preview_type = _deliverable_preview(file)
    if preview_type is None:
        require_access(share=file.share, visit=visit)
        raise Invalid(_("This file can't be previewed here. Download it to open it."))
    download = start_download(share=file.share, files=[file], visit=visit, disposition=preview_type.disposition)
    return download, preview_type


def sign_owner_preview(*, file: SharedFile, caller: Caller, now: datetime) -> tuple[Link, PreviewType]:
    """The preview of a file for its owner: it counts as no download, and is recorded. Raises a Refusal."""
    share = file.share
    policies.require(policies.owner_only(share, caller) or policies.editable(share) or policies.downloadable(file))
    preview_type = _deliverable_preview(file)
    if preview_type is None:
        raise Invalid(_("This file can't be previewed here."))
    require_storage()
    visit = Visit(caller, now, reference=new_id())
    link = delivery_of(share).link(file, visit, None, preview_type.disposition)
    events.record(
        Event.Kind.SIGNED,
        caller=caller,
        share=share,
        file=file,
        now=now,
        detail=PREVIEW,
        reference=visit.reference,
    )
    return link, preview_type


def _deliverable_preview(file: SharedFile) -> PreviewType | None:
    return preview_type_of(file) if delivery_of(file.share).can_preview else None
