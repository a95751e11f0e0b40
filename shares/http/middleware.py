"""What happens to every request: its caller is determined, refusals become responses, and headers are set.

One middleware rather than several, because each costs every request. Not here: rules, queries.
"""

import logging
import re
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from ipaddress import IPv6Address, ip_address
from typing import cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.views.defaults import page_not_found

from shares.callers import Caller
from shares.errors import Busy, DiskFull, NotFound, NotSignedIn, Refusal, WrongHost
from shares.http import compression, hosts, refusals, request_limits
from shares.http.languages import language_of
from shares.services import disk
from shares.services.downloads.delivery import download_origin
from shares.storage import ShareStorage

log = logging.getLogger(__name__)
full_disk_line = disk.Interval(seconds=60)
DATABASE_AWAY = (OperationalError, InterfaceError)
# Pages that hold someone's files in their address; static files bring their own rule.
UNLISTED = ("/share/", "/request/")
# What pages need storage for: the start page sends, and one without a script posts a form; links, the owner's pages
# and the script of archives fetch; the doctor of the administration does both, by a script.
SENDS, POSTS, FETCHES, EXAMINES = "sends", "posts", "fetches", "examines"
DOCTOR = "/admin/storage/"
POSTING = re.compile(r"/shares/[^/]+/files/[^/]+/form")
FETCHING = ("/share/", "/shares/", "/archiver.js")
# An IPv6 address with its zone and port; more is kept out of the cache below.
MAX_ADDRESS_LENGTH = 100
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


class SiteMiddleware:
    """Outermost middleware. Sets ``request.caller``, a lazy ``Caller``: its user is read only when needed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        hosts.settle(request)
        unread = request_limits.head_refusal(request.META)
        if unread is not None:
            # LanguageMiddleware reads cookies.
            with translation.override(language_of(request.META)):
                refusal = render_unread(request, unread)
            set_headers(request, refusal)
            return refusal
        # Without a session there is no account to read, and nothing to defer.
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        caller = SimpleLazyObject(partial(caller_of, request)) if has_session else anonymous_caller(request)
        vars(request)["caller"] = caller
        response = self.get_response(request)
        set_headers(request, response)
        compression.compress(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        if is_program(request):
            # Read by Django's CSRF layer, further in: there is nothing here that a foreign page could borrow.
            vars(request)["_dont_enforce_csrf_checks"] = True
        refusal = malformed(request, view)
        return None if refusal is None else refusals.render(request, refusal, signed_in=False)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return response_to(request, exception)


def is_program(request: HttpRequest) -> bool:
    """True for a client that follows a link and is no browser, such as curl: it saw no form, so none is forged.

    A forged request needs a browser that adds its cookies. Browsers name the page that sends a POST (``Origin``, or the
    older ``Referer``), and a visitor of a page of this site has its CSRF cookie. The cookies of a share alone do not
    matter: a browser can have got them only together with that cookie.
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
    if is_unusable_at(request):
        return WrongHost()
    return request_limits.address_refusal(request) or request_limits.body_refusal(request, view)


def is_unusable_at(request: HttpRequest) -> bool:
    """Whether a page that needs storage is opened where storage would have an IPv6 address: no policy can name one.

    Programs have no policy, and are served.
    """
    environ = request.META
    if not environ.get("HTTP_HOST", "").startswith("[") or "text/html" not in environ.get("HTTP_ACCEPT", ""):
        return False
    follows = "{host}" in (cast(ShareStorage, storages["shares"]).public_endpoint_url or "")
    return follows and use_of_storage(request.path) != ""


def render_unread(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response to a head that is too long: plain text, since pages read cookies."""
    is_problem = refusals.wants_problem(request)
    response = refusals.render_problem(refusal) if is_problem else refusals.render_text(refusal)
    # Otherwise set by a later middleware.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    response.headers["Referrer-Policy"] = settings.SECURE_REFERRER_POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def response_to(request: HttpRequest, exception: BaseException | None) -> HttpResponseBase | None:
    """The response to an exception that has one, else None: others are errors of the program."""
    if isinstance(exception, NotSignedIn) and not refusals.wants_problem(request):
        return redirect_to_login(request.get_full_path())
    if isinstance(exception, Refusal):
        return refusals.render(request, exception)
    if isinstance(exception, DATABASE_AWAY):
        return refusals.render(request, database_refusal(exception), signed_in=False)
    return None


def database_refusal(exception: BaseException) -> Refusal:
    """The refusal for a database that does not respond; it is logged."""
    if not disk.is_full(exception):
        log.error("The database is not answering: %s", exception)
        return Busy()
    if full_disk_line.is_due():
        log.error("The disk is full (%s left): %s", disk.free_space(), exception)
    return DiskFull()


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's ``handler404``: an address that no page has."""
    if refusals.wants_problem(request):
        return refusals.render_problem(NotFound())
    return page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's last resort (``handler500``), for what went wrong outside of the views, like saving a session."""
    return response_to(request, sys.exception()) or HttpResponse(render_to_string("500.html"), status=500)


def anonymous_caller(request: HttpRequest) -> Caller:
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

    Each trusted proxy appends the address of its client, so the client's is ``TRUSTED_PROXIES`` places from
    the right; what a client writes into the header itself is further left and is never read.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    hops = [peer]
    if settings.TRUSTED_PROXIES:
        hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), peer]
    index = max(len(hops) - 1 - settings.TRUSTED_PROXIES, 0)
    return normalize_address(hops[index]) or normalize_address(peer)


@lru_cache(maxsize=1024)
def normalize_address(text: str) -> str:
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
    """Headers of every response. SecurityMiddleware adds HSTS, nosniff, the referrer policy and COOP."""
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
    if path == DOCTOR:
        return EXAMINES
    if POSTING.fullmatch(path):
        return POSTS
    return FETCHES if path.startswith(FETCHING) else ""


@lru_cache(maxsize=256)
def policy_for(storage: ShareStorage, host: str, use: str) -> str:
    """The policy of pages opened under ``host``; for a host that is not ours it lets no storage in."""
    if not host or not use:
        return content_policy()
    if use == SENDS:
        return content_policy(sends_to=storage.endpoints.public_origin(host))
    if use == POSTS:
        return content_policy(posts_to=storage.endpoints.public_origin(host))
    if use == EXAMINES:
        return content_policy(sends_to=f"{storage.endpoints.public_origin(host)} {download_origin(host)}")
    return content_policy(fetches_from=download_origin(host))


def content_policy(*, sends_to: str = "", posts_to: str = "", fetches_from: str = "") -> str:
    """The Content-Security-Policy: everything from this site, nothing inline, and storage only for what a page does.

    Browsers check each hop of a form's redirect against ``form-action``, so a download needs storage there.
    """
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        f"img-src 'self' data: {fetches_from}",
        # blob: a video that is about to be sent, of which the page draws one frame.
        f"media-src 'self' {'blob:' if sends_to else ''} {fetches_from}",
        f"connect-src 'self' {sends_to} {fetches_from}",
        f"form-action 'self' {posts_to} {fetches_from}",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(" ".join(rule.split()) for rule in rules)
