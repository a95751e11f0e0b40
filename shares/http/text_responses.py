"""The recipient's page for programs of the command line: plain text, with the exact command that fetches the files."""

import re

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

from shares.errors import WrongProgram

_PAGES = ("text/html", "application/xhtml+xml", "text/*")
# Chat previews accept anything, as curl does, and have no use for a command: they read the tags of the page.
_PREVIEWS = re.compile(
    r"mozilla/|bot\b|crawl|spider|preview|expanding|facebookexternalhit|whatsapp|skypeuri|viber", re.IGNORECASE
)
# They save the response without displaying it: a page would be taken for the file.
_DOWNLOADERS = re.compile(r"(rclone|aria2|axel|lftp|microsoft bits)\b", re.IGNORECASE)
# It follows a 303 by repeating the POST, now at the storage, and spells signed addresses in another way.
_WGET2 = re.compile(r"wget2\b|wget/[2-9]", re.IGNORECASE)
_UNWANTED = re.compile(r";\s*q=0(\.0*)?\s*(;|$)", re.IGNORECASE)
_MAX_ACCEPT_LENGTH = 1000


def wants_text(request: HttpRequest) -> bool:
    """True for a program that does not accept HTML; chat previews and programs without the header get the page."""
    if is_wget2(request) or _DOWNLOADERS.match(request.headers.get("User-Agent", "")):
        return True
    header = request.headers.get("Accept", "")[:_MAX_ACCEPT_LENGTH]
    if not header.strip():
        return False
    kinds = (kind for kind in header.split(",") if not _UNWANTED.search(kind))
    accepted = {kind.partition(";")[0].strip().lower() for kind in kinds}
    if accepted & set(_PAGES):
        return False
    return "text/plain" in accepted or not _PREVIEWS.search(request.headers.get("User-Agent", ""))


def is_wget2(request: HttpRequest) -> bool:
    return _WGET2.match(request.META.get("HTTP_USER_AGENT", "")) is not None


def require_reader(request: HttpRequest) -> None:
    """Before a page is shown. Raises WrongProgram for one that would save it for the file."""
    if _DOWNLOADERS.match(request.headers.get("User-Agent", "")):
        raise WrongProgram()


def require_redirects(request: HttpRequest) -> None:
    """Before a download is taken. Raises WrongProgram for one that would not arrive."""
    if is_wget2(request):
        raise WrongProgram(
            _("wget2 repeats the POST at the storage, which fails. No download was used. Use curl or wget 1.")
        )


def render_text(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """``template`` as plain text; the names in it were cleaned of control characters when they came in."""
    site = request.build_absolute_uri("/").removesuffix("/")
    text = render_to_string(template, context | {"site": site, "wget2": is_wget2(request)}).strip()
    response = HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", status=status)
    patch_vary_headers(response, ["Accept", "User-Agent"])
    return response


def presented_password(request: HttpRequest) -> str:
    """The password that a program sent along with its POST: in a header, or as a form's field, never in an address.

    A header carries ASCII alone. A password read from a file ends in a line break that is no part of it.
    """
    # Not ``headers``: making that mapping costs every download.
    return request.META.get("HTTP_X_SHARE_PASSWORD") or request.POST.get("password", "").rstrip("\r\n")
