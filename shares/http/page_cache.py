"""Recipients' pages that are repeated while nothing that they display has changed, as the database confirms each time.

Rendering a page takes several times as long as everything else for it. What differs between two responses of the same
key are the token against forged requests and the time: these are left out of what is stored, and filled in.
"""

import re
import secrets
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from shares.http import compression, text_responses
from shares.http.requests import Request
from shares.services.downloads.page_keys import PageKey, page_key
from shares.services.downloads.visits import Visit

MAX_BYTES = 16 * 1024 * 1024
MAX_PAGE_BYTES = 256 * 1024
# Of a page besides its content: key, headers and objects.
ENTRY_BYTES = 2048
_TOKEN = re.compile(rb'(?:name="csrfmiddlewaretoken" value|data-csrf)="([A-Za-z0-9]{64})"')
_MESSAGES_COOKIE = "messages"
_GZIP_HEADER = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"  # with a file name, without a time
_LAST_BLOCK = b"\x03\x00"
TOKEN, NOW = b"token", b"now"


class UncacheablePage(HttpResponse):
    """A page with addresses that were signed for it."""


@dataclass(frozen=True, slots=True)
class CachedPage:
    """``parts`` are literal bytes and, at every second place, ``TOKEN`` or ``NOW``. In ``deflated`` the literal ones
    are as in a gzip stream, each compressed without the others.
    """

    status: int
    headers: dict[str, str]
    parts: tuple[bytes, ...]
    deflated: tuple[bytes, ...]
    has_token: bool

    @property
    def size(self) -> int:
        return ENTRY_BYTES + sum(map(len, self.parts)) + sum(map(len, self.deflated))


class PageCache:
    """The most recently used pages of this process, up to ``MAX_BYTES``."""

    def __init__(self) -> None:
        self._pages: OrderedDict[PageKey, CachedPage] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: PageKey) -> CachedPage | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: PageKey, page: CachedPage) -> None:
        with self._lock:
            if key in self._pages:
                return
            self._pages[key] = page
            self._bytes += page.size
            while self._bytes > MAX_BYTES:
                self._bytes -= self._pages.popitem(last=False)[1].size

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._bytes = 0


pages = PageCache()


def repeat_or_render(request: Request, share_id: str, visit: Visit, render: Callable[[], HttpResponse]) -> HttpResponse:
    """The page that was rendered for the same key, or a new one.

    A new page is stored only if its key is still the same afterwards: no row can have changed while it was rendered.
    """
    key = _key(request, share_id, visit)
    page = None if key is None else pages.get(key)
    if page is not None:
        return _repeat(request, page)
    response = render()
    if key is not None and not isinstance(response, UncacheablePage):
        new_page = _split(request, response)
        if new_page is not None and _key(request, share_id, visit) == key:
            pages.put(key, new_page)
    return response


def _key(request: Request, share_id: str, visit: Visit) -> PageKey | None:
    if settings.SESSION_COOKIE_NAME in request.COOKIES or _MESSAGES_COOKIE in request.COOKIES:
        return None
    environ = request.META
    query = environ.get("QUERY_STRING", "")
    key = page_key(share_id=share_id, visit=visit) if compression.repeats_nothing(request.path, query) else None
    if key is None:
        return None
    theme = request.COOKIES.get("theme", "")
    return (
        *key,
        query,
        theme if theme in ("dark", "light") else "",
        get_language(),
        request.scheme,
        environ.get("HTTP_HOST", ""),
        text_responses.wants_text(request) and (1 + text_responses.is_wget2(request)),
    )


def _split(request: Request, response: HttpResponse) -> CachedPage | None:
    """None for a page that is too large, or with secrets of one browser that can't be filled in: cookies, several
    tokens, or a token that is not where tokens are. Rendering a token marks the request, wherever the page displays it.
    """
    content = response.content
    tokens = set(_TOKEN.findall(content))
    if len(tokens) != bool(request.META.get("CSRF_COOKIE_NEEDS_UPDATE")) or response.cookies:
        return None
    holes = {request.now.isoformat().encode(): NOW} | dict.fromkeys(tokens, TOKEN)
    pattern = b"|".join(map(re.escape, holes))
    pieces: list[bytes] = re.split(b"(" + pattern + b")", content)
    parts = tuple(holes.get(piece, piece) for piece in pieces)
    deflated = tuple(part if index % 2 else _deflate(part) for index, part in enumerate(parts))
    page = CachedPage(response.status_code, dict(response.items()), parts, deflated, bool(tokens))
    return page if page.size <= MAX_PAGE_BYTES else None


def _repeat(request: Request, page: CachedPage) -> HttpResponse:
    values = {NOW: request.now.isoformat().encode()}
    if page.has_token:
        values[TOKEN] = get_token(request).encode()
    content = b"".join([values[part] if index % 2 else part for index, part in enumerate(page.parts)])
    response = HttpResponse(content, status=page.status, headers=page.headers)
    patch_vary_headers(response, ["Cookie"])
    if compression.is_compressible(request, response):
        patch_vary_headers(response, ["Accept-Encoding"])
        if compression.accepts_gzip(request):
            response.headers["Content-Encoding"] = "gzip"
            response.content = _gzip(page, values, content)
    return response


def _deflate(part: bytes) -> bytes:
    """Blocks of a deflate stream that end at a byte and refer to nothing before them."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(part) + compressor.flush(zlib.Z_FULL_FLUSH)


def _stored_block(value: bytes) -> tuple[bytes, bytes]:
    return struct.pack("<BHH", 0, len(value), 0xFFFF ^ len(value)), value


def _gzip(page: CachedPage, values: dict[bytes, bytes], content: bytes) -> bytes:
    """The page as a gzip stream. The values are stored in blocks of their own, uncompressed, so that the length does
    not depend on them. Like that of other compressed pages it is random.
    """
    blocks = [_GZIP_HEADER, b"x" * secrets.randbelow(compression.MAX_PADDING), b"\0"]
    for index, part in enumerate(page.deflated):
        blocks += _stored_block(values[part]) if index % 2 else (part,)
    blocks += [_LAST_BLOCK, struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)]
    return b"".join(blocks)
