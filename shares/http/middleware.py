"""What happens to every request: who calls is decided once, refusals become answers, and headers are set.

One layer rather than several, because each costs every click. Not here: rules, queries. May import: services, policies,
storage, errors; never an interface.
"""

import logging
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from ipaddress import IPv6Address, ip_address
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from shares.callers import Caller
from shares.errors import Busy, DiskFull, Invalid, NotFound, NotSignedIn, Refusal, WrongHost
from shares.http import hosts, request_limits
from shares.services import disk
from shares.storage import ShareStorage

log = logging.getLogger(__name__)
full_disk_line = disk.Interval(seconds=60)
DATABASE_AWAY = (OperationalError, InterfaceError)
# Pages that hold someone's files in their address; static files bring their own rule.
UNLISTED = ("/share/", "/request/")
# What pages need storage for: the start page sends; links, the owner's pages and the script of archives fetch.
SENDS, FETCHES = "sends", "fetches"
FETCHING = ("/share/", "/shares/", "/archiver.js")
# An IPv6 address with its zone and port; more is kept out of the cache below.
MAX_ADDRESS_LENGTH = 100
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


class SiteMiddleware:
    """Outermost layer. Sets ``request.caller``, a lazy ``Caller``: its user is read only if someone asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Layers outside of LanguageMiddleware answer in the language of the site, not in that of the previous request.
        translation.deactivate()
        hosts.settle(request)
        unread = request_limits.head_refusal(request.META)
        if unread is not None:
            refusal = refused_unread(request, unread)
            set_headers(request, refusal)
            return refusal
        # Without a session there is nobody to read from the database, and nothing to put off.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        caller = SimpleLazyObject(partial(caller_of, request)) if has_session else anyone(request)
        vars(request)["caller"] = caller
        response = self.get_response(request)
        set_headers(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        if is_program(request):
            # Read by Django's CSRF layer, further in: there is nothing here that a foreign page could borrow.
            vars(request)["_dont_enforce_csrf_checks"] = True
        refusal = malformed(request, view)
        return None if refusal is None else refused(request, refusal, signed_in=False)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return answer_to(request, exception)


def is_program(request: HttpRequest) -> bool:
    """True for who follows a link without being a browser, such as curl: no form of ours was seen, so none is forged.

    A forged request needs a browser that adds what it keeps. Browsers name the page that sends a POST (``Origin``, or
    the older ``Referer``), and who was on a page of ours has its CSRF cookie. The passes of a share alone prove nothing
    that matters: a browser can have got them only together with that cookie.
    """
    if not request.path.startswith("/share/"):
        return False
    if {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} & request.COOKIES.keys():
        return False
    environ = request.META
    browser_headers = (
        "HTTP_ORIGIN",
        "HTTP_REFERER",
        "HTTP_SEC_FETCH_SITE",
        "HTTP_SEC_FETCH_MODE",
        "HTTP_SEC_FETCH_DEST",
    )
    return not any(name in environ for name in browser_headers)


def malformed(request: HttpRequest, view: Callable[..., object]) -> Refusal | None:
    """What no view needs to see: NUL in the path, a query or a body over its limit (files go to storage, not here)."""
    if "\0" in request.path:
        return Invalid(_("This address contains a character that isn't allowed in addresses."))
    if is_unusable_at(request):
        return WrongHost()
    return request_limits.query_refusal(request) or request_limits.body_refusal(request, view)


def is_unusable_at(request: HttpRequest) -> bool:
    """Whether a page that needs storage is opened where storage would have an IPv6 address: no policy can name one.

    Programs have no policy, and are served.
    """
    environ = request.META
    if not environ.get("HTTP_HOST", "").startswith("[") or "text/html" not in environ.get("HTTP_ACCEPT", ""):
        return False
    follows = "{host}" in (cast(ShareStorage, storages["shares"]).public_endpoint_url or "")
    return follows and use_of_storage(request.path) != ""


def refused_unread(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to a head that is too long: in plain words, since pages read cookies."""
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(problem(refusal), status=refusal.status, content_type="application/problem+json")
    else:
        response = HttpResponse(f"{refusal.message}\n", content_type="text/plain; charset=utf-8", status=refusal.status)
    # What layers further in set otherwise.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    response.headers["Referrer-Policy"] = settings.SECURE_REFERRER_POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def answer_to(request: HttpRequest, exception: BaseException | None) -> HttpResponseBase | None:
    """The answer to an exception that has one, else None: the rest are our faults and stay loud."""
    if isinstance(exception, NotSignedIn) and not wants_json(request):
        return redirect_to_login(request.get_full_path())
    if isinstance(exception, Refusal):
        return refused(request, exception)
    if isinstance(exception, DATABASE_AWAY):
        return refused(request, database_refusal(exception), signed_in=False)
    return None


def database_refusal(exception: BaseException) -> Refusal:
    """What to say of a database that does not do its work, and a line in the log."""
    if not disk.is_full(exception):
        log.error("The database is not answering: %s", exception)
        return Busy()
    if full_disk_line.is_due():
        log.error("The disk is full (%s left): %s", disk.free_space(), exception)
    return DiskFull()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's ``handler404``: an address that no page has."""
    return refused(request, NotFound()) if wants_json(request) else page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's last resort (``handler500``), for what went wrong outside of the views, like saving a session."""
    return answer_to(request, sys.exception()) or HttpResponse(render_to_string("500.html"), status=500)


def refused(request: HttpRequest, refusal: Refusal, *, signed_in: bool = True) -> HttpResponse:
    """A refusal as a page, or as problem+json (RFC 9457) for the API. ``signed_in=False`` asks the database nothing."""
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(problem(refusal), status=refusal.status, content_type="application/problem+json")
    else:
        if not signed_in:
            request.user = AnonymousUser()
        context = {
            "title": refusal.title,
            "message": refusal.message,
            "status": refusal.status,
            "code": refusal.code,
            "retry_after": refusal.retry_after,
        }
        response = HttpResponse(render_to_string("error.html", context, request), status=refusal.status)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def problem(refusal: Refusal) -> dict[str, object]:
    """RFC 9457."""
    return {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.message,
    }


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def anyone(request: HttpRequest) -> Caller:
    return Caller(address=address_of(request), host=host_of(request))


def caller_of(request: HttpRequest) -> Caller:
    user = getattr(request, "user", None)
    return Caller(
        user=user if user is not None and user.is_authenticated else None,
        address=address_of(request),
        host=host_of(request),
    )


def address_of(request: HttpRequest) -> str:
    """The client's address, or "" where the server knows none.

    Each trusted proxy appends the address it was spoken to from, so the client's stands ``TRUSTED_PROXIES`` places from
    the right; whatever a client writes into the header itself stands further left and is never looked at.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = [peer]
    if settings.TRUSTED_PROXIES:
        hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), peer]
    index = max(len(hops) - 1 - settings.TRUSTED_PROXIES, 0)
    return plain_address(hops[index]) or plain_address(peer)


@lru_cache(maxsize=1024)
def plain_address(text: str) -> str:
    """One spelling for each address (no port, IPv4 within IPv6 as IPv4); "" for what is none."""
    text = text[:MAX_ADDRESS_LENGTH].strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address) if isinstance(address, IPv6Address) else str(address)


def host_of(request: HttpRequest) -> str:
    """The host name, without port, that the browser opened; "" where it is not one of ours."""
    try:
        return split_domain_port(request.get_host())[0]
    except DisallowedHost:
        return ""


def set_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Headers that every answer carries. SecurityMiddleware adds HSTS, nosniff, the referrer policy and COOP."""
    headers = response.headers
    storage = cast(ShareStorage, storages["shares"])
    headers["Content-Security-Policy"] = policy_for(storage, host_of(request), use_of_storage(request.path))
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    if request.path.startswith(UNLISTED):
        headers["X-Robots-Tag"] = "noindex, nofollow"
        headers["Cache-Control"] = "no-store, private"
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store, private"


def use_of_storage(path: str) -> str:
    """What the page at ``path`` needs storage for; most need it for nothing."""
    if path == "/":
        return SENDS
    return FETCHES if path.startswith(FETCHING) else ""


@lru_cache(maxsize=256)
def policy_for(storage: ShareStorage, host: str, use: str) -> str:
    """The policy of pages opened under ``host``; for a host that is not ours it lets no storage in."""
    if not host or not use:
        return content_policy()
    if use == SENDS:
        return content_policy(sends_to=storage.public_origin(host))
    return content_policy(fetches_from=storage.download_origin(host))


def content_policy(*, sends_to: str = "", fetches_from: str = "") -> str:
    """The Content-Security-Policy: everything from this site, nothing inline, and storage only for what a page does.

    Browsers hold each hop of a form's redirect against ``form-action``, so a download's answer needs storage there.
    """
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        f"img-src 'self' data: {fetches_from}",
        # blob: a film that somebody is about to send, of which the page draws one frame.
        f"media-src 'self' {'blob:' if sends_to else ''} {fetches_from}",
        f"connect-src 'self' {sends_to} {fetches_from}",
        f"form-action 'self' {fetches_from}",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(" ".join(rule.split()) for rule in rules)
