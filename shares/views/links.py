"""Links as mail and chat programs mangle them: led to the address that was meant, by their form alone.

No share is looked up, so a response does not reveal which ids exist; each redirect stays on this site.
"""

import re

from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.urls.converters import StringConverter
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shares.errors import NotFound
from shares.http.guards import linked
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models.ids import ID_LENGTH

# Letters, digits, - and _ make an id; anything before it, or after an id of full length, was added.
_LINK = re.compile(
    rf"[/\\]*share[/\\]+[^A-Za-z0-9_/\\-]*(?P<id>[A-Za-z0-9_-]{{{ID_LENGTH}}})(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_ADDED = re.compile(r"[\W_]*|[^A-Za-z0-9_/\\-].*|https?:.*", re.IGNORECASE | re.DOTALL)
_STUMP = re.compile(r"[/\\]*share[/\\]*([A-Za-z0-9_-]*)", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
# Pages below a share that can be opened by their address; to all others belongs a form on the page of the share.
_OPENED = {"share", "share-checksums", "share-report", "share-file-content"}


class MangledLink(StringConverter):
    """Anything below ``/share/``, in any case of letters and after any number of slashes."""

    regex = r"/*[Ss][Hh][Aa][Rr][Ee](?:[/\\][\s\S]*)?"


@require_safe
@linked
def clean(request: Request, link: str) -> HttpResponse:
    """The last URL pattern: redirects to what the link meant, else responds with 404 and what is wrong with it."""
    path = clean_link(link) or clean_link(_BLANKS.sub("", link))
    if path is None:
        raise problem(link)
    query = request.META.get("QUERY_STRING", "")
    response = SeeOther(f"{path}?{query}" if query else path)
    # Programs that follow no redirect show what they were sent.
    text = gettext("This link is %(link)s") % {"link": request.build_absolute_uri(path)}
    response.content = f"{text}\n".encode()
    response["Content-Type"] = "text/plain; charset=utf-8"
    # As every page below /share/ has them.
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def clean_link(link: str) -> str | None:
    """The address that ``link`` comes down to, without its query; None where it comes down to none of a share."""
    parts = _LINK.fullmatch(link)
    if parts is None:
        return None
    page = reverse("share", args=[parts["id"]])
    if _ADDED.fullmatch(parts["rest"]):
        return page
    below = re.sub(r"[/\\]+", "/", parts["rest"])
    if not below.startswith("/"):
        return None
    try:
        match = resolve(page + re.sub(r"[^A-Za-z0-9]+$", "", below))
    except Resolver404:
        return None
    if match.func is clean:
        return None
    return reverse(match.url_name or "share", kwargs=match.kwargs) if match.url_name in _OPENED else page


def problem(link: str) -> NotFound:
    """What is wrong with ``link``, if its length shows it."""
    match = _STUMP.match(link)
    length = len(match[1]) if match else 0
    if length == 0:
        return NotFound(_("This link is cut off: the %(count)d characters after /share/ are missing."), count=ID_LENGTH)
    if length < ID_LENGTH:
        text = ngettext_lazy(
            "This link is cut off: only %(count)d of the %(length)d characters after /share/ is left.",
            "This link is cut off: only %(count)d of the %(length)d characters after /share/ are left.",
            "count",
        )
        return NotFound(text, count=length, length=ID_LENGTH)
    return NotFound()
