"""The kind of a file, as text and as an icon: by its extension, which decides what opens it, else by its type."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from shares.templatetags.icons import drawing

register = template.Library()


class Kind(NamedTuple):
    icon: str
    text: str


class NamedFile(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str: ...


UNKNOWN = Kind("file", "File")
# An icon, what such files are called ({} is the end of the name), and the ends of their names.
_ENDINGS = (
    ("image", "{} picture", "png gif webp avif heic heif bmp svg ico psd raw dng cr2 nef"),
    ("image", "JPEG picture", "jpg jpeg"),
    ("image", "TIFF picture", "tif tiff"),
    ("film", "{} video", "mp4 mov m4v webm mkv avi wmv ogv mts"),
    ("film", "MPEG video", "mpg mpeg"),
    ("music", "{} audio", "mp3 wav flac m4a aac ogg opus aiff wma"),
    ("file-text", "{} document", "pdf rtf epub tex"),
    ("file-text", "Word document", "doc docx"),
    ("file-text", "Text document", "odt pages"),
    ("file-text", "Text", "txt"),
    ("file-text", "Markdown text", "md"),
    ("file-text", "Log", "log"),
    ("file-text", "Subtitles", "srt vtt"),
    ("sheet", "Excel table", "xls xlsx"),
    ("sheet", "Table", "ods numbers"),
    ("sheet", "{} table", "csv tsv"),
    ("presentation", "PowerPoint slides", "ppt pptx"),
    ("presentation", "Slides", "odp key"),
    ("package", "{} archive", "zip 7z rar tar gz tgz bz2 xz zst"),
    ("disc", "Disk image", "iso dmg img vhd vmdk qcow2"),
    ("app-window", "Windows program", "exe msi bat cmd vbs scr com lnk ps1"),
    ("app-window", "Mac program", "app pkg"),
    ("app-window", "Android program", "apk"),
    ("app-window", "Java program", "jar"),
    ("app-window", "Linux program", "deb rpm appimage"),
    ("app-window", "Shell script", "sh"),
    ("app-window", "Web page", "html htm mhtml"),
    ("square-code", "Code", "py js ts java c h cpp cs go rs rb php css sql swift kt"),
    ("square-code", "{} data", "json xml yaml yml toml ini sqlite parquet"),
    ("mail", "Mail", "eml msg"),
    ("type", "Font", "ttf otf woff woff2"),
    ("box", "3D model", "stl obj step stp blend gltf glb"),
    ("box", "{} drawing", "dwg dxf"),
)
# If the extension is unknown.
_TYPES = {
    "image": Kind("image", "Picture"),
    "video": Kind("film", "Video"),
    "audio": Kind("music", "Audio"),
    "text": Kind("file-text", "Text"),
    "font": Kind("type", "Font"),
    "application/pdf": Kind("file-text", "PDF document"),
    "application/zip": Kind("package", "ZIP archive"),
}


_KINDS_BY_ENDING = {
    end: Kind(icon, text.format(end.upper())) for icon, text, endings in _ENDINGS for end in endings.split()
}


def kind(file: NamedFile) -> Kind:
    end = PurePosixPath(file.name).suffix.removeprefix(".").lower()
    if end in _KINDS_BY_ENDING:
        return _KINDS_BY_ENDING[end]
    if 0 < len(end) <= 5 and end.isalnum() and end.isascii():
        return Kind(UNKNOWN.icon, f"{end.upper()} file")
    return _TYPES.get(file.content_type) or _TYPES.get(file.content_type.partition("/")[0]) or UNKNOWN


@register.filter
def kind_text(file: NamedFile) -> str:
    """PDF document, JPEG picture, Windows program."""
    return kind(file).text


@register.filter
def kind_icon(file: NamedFile) -> SafeString:
    """A reference to a drawing of ``kind_drawings``, which stands once on the page."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#k-{}"/></svg>', kind(file).icon)


@register.filter
def kind_drawing(file: NamedFile) -> SafeString:
    """The drawing itself, for a row that comes to a page which may not have it."""
    return drawing(kind(file).icon)


@register.simple_tag
def kind_drawings(files: Iterable[NamedFile]) -> SafeString:
    """What ``kind_icon`` refers to: the icons of ``files``."""
    icons = {kind(file).icon for file in files}
    symbols = format_html_join("", '<symbol id="k-{}">{}</symbol>', ((icon, drawing(icon)) for icon in sorted(icons)))
    return format_html("<svg hidden>{}</svg>", symbols)
