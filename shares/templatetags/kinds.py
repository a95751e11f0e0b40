"""The kind of a file, as text and as an icon: by its extension, which decides what opens it, else by its type."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from shares.templatetags.icons import drawing

register = template.Library()


class Kind(NamedTuple):
    icon: str
    text: StrOrPromise


class NamedFile(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str: ...


UNKNOWN = Kind("file", _("File"))
# An icon, what such files are called (``type`` is the end of the name), and the ends of their names.
_ENDINGS = (
    ("image", _("%(type)s picture"), "png gif webp avif heic heif bmp svg ico psd raw dng cr2 nef"),
    ("image", _("JPEG picture"), "jpg jpeg"),
    ("image", _("TIFF picture"), "tif tiff"),
    ("film", _("%(type)s video"), "mp4 mov m4v webm mkv avi wmv ogv mts"),
    ("film", _("MPEG video"), "mpg mpeg"),
    ("music", _("%(type)s audio"), "mp3 wav flac m4a aac ogg opus aiff wma"),
    ("file-text", _("%(type)s document"), "pdf rtf epub tex"),
    ("file-text", _("Word document"), "doc docx"),
    ("file-text", _("Text document"), "odt pages"),
    ("file-text", _("Text"), "txt"),
    ("file-text", _("Markdown text"), "md"),
    ("file-text", _("Log"), "log"),
    ("file-text", _("Subtitles"), "srt vtt"),
    ("sheet", _("Excel table"), "xls xlsx"),
    ("sheet", _("Table"), "ods numbers"),
    ("sheet", _("%(type)s table"), "csv tsv"),
    ("presentation", _("PowerPoint slides"), "ppt pptx"),
    ("presentation", _("Slides"), "odp key"),
    ("package", _("%(type)s archive"), "zip 7z rar tar gz tgz bz2 xz zst"),
    ("disc", _("Disk image"), "iso dmg img vhd vmdk qcow2"),
    ("app-window", _("Windows program"), "exe msi bat cmd vbs scr com lnk ps1"),
    ("app-window", _("Mac program"), "app pkg"),
    ("app-window", _("Android program"), "apk"),
    ("app-window", _("Java program"), "jar"),
    ("app-window", _("Linux program"), "deb rpm appimage"),
    ("app-window", _("Shell script"), "sh"),
    ("app-window", _("Web page"), "html htm mhtml"),
    ("square-code", _("Code"), "py js ts java c h cpp cs go rs rb php css sql swift kt"),
    ("square-code", _("%(type)s data"), "json xml yaml yml toml ini sqlite parquet"),
    ("mail", _("Email"), "eml msg"),
    ("type", _("Font"), "ttf otf woff woff2"),
    ("box", _("3D model"), "stl obj step stp blend gltf glb"),
    ("box", _("%(type)s drawing"), "dwg dxf"),
)
# If the extension is unknown.
_TYPES = {
    "image": Kind("image", _("Picture")),
    "video": Kind("film", _("Video")),
    "audio": Kind("music", _("Audio")),
    "text": Kind("file-text", _("Text")),
    "font": Kind("type", _("Font")),
    "application/pdf": Kind("file-text", _("PDF document")),
    "application/zip": Kind("package", _("ZIP archive")),
}


_KINDS_BY_ENDING = {end: (icon, text) for icon, text, endings in _ENDINGS for end in endings.split()}


def kind(file: NamedFile) -> Kind:
    end = PurePosixPath(file.name).suffix.removeprefix(".").lower()
    if end in _KINDS_BY_ENDING:
        icon, text = _KINDS_BY_ENDING[end]
        return Kind(icon, text % {"type": end.upper()})
    if 0 < len(end) <= 5 and end.isalnum() and end.isascii():
        return Kind(UNKNOWN.icon, _("%(type)s file") % {"type": end.upper()})
    return _TYPES.get(file.content_type) or _TYPES.get(file.content_type.partition("/")[0]) or UNKNOWN


@register.filter
def kind_text(file: NamedFile) -> str:
    """PDF document, JPEG picture, Windows program."""
    return str(kind(file).text)


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
