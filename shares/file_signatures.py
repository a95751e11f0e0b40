"""The media type of a file by its first bytes, for the types that a rule can be about.

Short on purpose: a type that is not listed is unknown, and its name decides.
"""

import re

HEAD_BYTES = 4096
EXECUTABLE = "application/vnd.microsoft.portable-executable"
ZIP, CFB, XML, SCRIPT = "application/zip", "application/x-cfb", "application/xml", "application/x-sh"
OPAQUE = "application/octet-stream"

# At their position, in the order in which they are compared.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"MZ", EXECUTABLE),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"dex\n", "application/vnd.android.dex"),
    (0, b"\x00asm", "application/wasm"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (0, b"#!", SCRIPT),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"PK\x07\x08", ZIP),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CFB),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (0, b"OggS", "application/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
# A text can begin with the two letters of an executable.
_BINARY_BYTES = 64
# Readers accept a PDF whose header follows other bytes.
_PDF, _PDF_BYTES = b"%PDF-", 1024
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:(?P<html>!doctype html|html|script|body)|\?xml|svg)\b", re.IGNORECASE)

# Names of one type.
_ALIASES = {
    "application/x-msdownload": EXECUTABLE,
    "application/x-msdos-program": EXECUTABLE,
    "application/x-dosexec": EXECUTABLE,
    "application/x-zip-compressed": ZIP,
    "application/x-gzip": "application/gzip",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-rar": "application/vnd.rar",
    "text/rtf": "application/rtf",
    "text/xml": XML,
    "text/x-sh": SCRIPT,
    "text/x-shellscript": SCRIPT,
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "image/jpg": "image/jpeg",
    "application/x-sqlite3": "application/vnd.sqlite3",
}
# Types that a signature does not tell apart.
_FAMILIES = (
    {"video/mp4", "audio/mp4", "video/quicktime", "video/3gpp", "audio/x-m4a", "video/x-m4v"},
    {"image/heic", "image/heif", "image/avif"},
    {"video/x-matroska", "video/webm", "audio/webm"},
    {"application/ogg", "audio/ogg", "video/ogg", "audio/opus"},
    {"application/x-sh", "text/x-python", "application/x-csh", "text/javascript", "application/x-perl", "text/x-perl"},
    {XML, "text/html", "image/svg+xml", "application/xhtml+xml"},
)
# Other types are built on these: an office document is a ZIP archive, and a protected one an OLE file.
CONTAINERS = {ZIP, CFB, XML, "application/gzip"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
# Types whose files always begin with their signature, or with that of a container.
_ALWAYS_SIGNED = {
    "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", ZIP, "application/vnd.rar",
    "application/x-7z-compressed", "application/gzip",
}  # fmt: skip
# What a file of the type is usually called, for rules by extension.
_EXTENSIONS = {
    EXECUTABLE: {"exe", "dll", "scr", "cpl", "sys"},
    "application/x-elf": {"elf", "so"},
    "application/x-mach-binary": {"dylib"},
    "application/java-vm": {"class"},
    "application/x-ms-shortcut": {"lnk"},
    SCRIPT: {"sh"},
    ZIP: {"zip"},
    "application/vnd.rar": {"rar"},
    "application/x-7z-compressed": {"7z"},
    "application/gzip": {"gz"},
    "application/x-tar": {"tar"},
    "application/pdf": {"pdf"},
    "image/png": {"png"},
    "image/jpeg": {"jpg", "jpeg"},
    "image/gif": {"gif"},
    "image/webp": {"webp"},
    "text/html": {"html", "htm"},
}


_BY_EXTENSION = {extension: media_type for media_type, extensions in _EXTENSIONS.items() for extension in extensions}


def detect(head: bytes) -> str:
    """The media type of a file that begins with ``head``, up to ``HEAD_BYTES``; "" if it is unknown."""
    for position, signature, media_type in _SIGNATURES:
        if head.startswith(signature, position) and (media_type != EXECUTABLE or b"\0" in head[:_BINARY_BYTES]):
            return media_type
    if _PDF in head[:_PDF_BYTES]:
        return "application/pdf"
    markup = _MARKUP.match(head)
    return "" if markup is None else "text/html" if markup["html"] else XML


def canonical(media_type: str) -> str:
    return _ALIASES.get(media_type, media_type)


def contradiction(head: bytes, named_type: str) -> str | None:
    """The type of the bytes if they are not of ``named_type``, ``OPAQUE`` if it is unknown. None: nothing is wrong."""
    detected, name_type = detect(head), canonical(named_type)
    if not detected:
        return OPAQUE if name_type in _ALWAYS_SIGNED or name_type.startswith(_OFFICE) else None
    if detected == name_type or any({detected, name_type} <= family for family in _FAMILIES):
        return None
    is_built_on_it = detected in CONTAINERS and name_type not in _ALWAYS_SIGNED and name_type != OPAQUE
    return None if is_built_on_it else detected


def extensions(media_type: str) -> set[str]:
    return _EXTENSIONS.get(media_type, set())


def named_by(extension: str) -> str:
    """The type that an extension stands for, such as "exe"; "" for those that are not listed."""
    return _BY_EXTENSION.get(extension, "")
