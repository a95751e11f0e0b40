"""Compressed pages, with the care that secrets need.

The length of a compressed page depends on whether parts of it are alike: someone who can put text into a page and sees
the length of the response can guess a secret beside that text, letter by letter (the attack named BREACH). So only
pages are compressed that repeat nothing of their request; their tokens against forged requests are masked anew in each
response; and each response has a random length (Heal the Breach), for text that others have stored.
"""

import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

MIN_BYTES = 500
MAX_PADDING = 100
# Parameters that the pages of recipients never repeat as they were sent: a number, the name of an order, a time.
SAFE_PARAMETERS = frozenset({"page", "sort", "since"})
_PARAMETER = re.compile(r"([a-z]+)=[A-Za-z0-9:.%+-]{0,40}")
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


def compress(request: HttpRequest, response: HttpResponseBase) -> None:
    """Compress the page in place, if the browser accepts it. Other responses stay as they are."""
    if not isinstance(response, HttpResponse) or not is_compressible(request, response):
        return
    patch_vary_headers(response, ["Accept-Encoding"])
    if not accepts_gzip(request):
        return
    response.content = compress_string(response.content, max_random_bytes=MAX_PADDING)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.content))


def is_compressible(request: HttpRequest, response: HttpResponse) -> bool:
    headers = response.headers
    return (
        request.method == "GET"
        and headers.get("Content-Type", "").startswith("text/html")
        and "Content-Encoding" not in headers
        and "ETag" not in headers
        and repeats_nothing(request.path, request.META.get("QUERY_STRING", ""))
        and len(response.content) >= MIN_BYTES
    )


def repeats_nothing(path: str, query: str) -> bool:
    """Whether the page contains nothing of ``query`` as it was sent. The list of shares repeats a search, for one."""
    if not query:
        return True
    if not path.startswith("/share/"):
        return False
    matches = [_PARAMETER.fullmatch(parameter) for parameter in query.split("&")]
    return all(match is not None and match[1] in SAFE_PARAMETERS for match in matches)


def accepts_gzip(request: HttpRequest) -> bool:
    return _GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", "")) is not None
