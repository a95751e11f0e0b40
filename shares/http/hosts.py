"""Requests under a host name that is not the site's: logged for the operator, harmless to health checks."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import bad_request

from shares.services.disk import Interval

log = logging.getLogger(__name__)
# Requested by machines, under any name or address of this one.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
MAX_NAME_LENGTH = 100
foreign_line, port_line = Interval(seconds=60), Interval(seconds=60)
site = urlsplit(settings.SITE_URL)
# What arrives where a proxy drops the port of an address that has one.
WITHOUT_PORT = site.hostname if site.port else None


def settle(request: HttpRequest) -> None:
    """Before anything reads the host of the request."""
    environ = request.META
    if request.path in PROBES:
        environ["HTTP_HOST"] = "localhost"
    elif environ.get("HTTP_HOST") == WITHOUT_PORT and WITHOUT_PORT is not None and port_line.is_due():
        log.warning(
            "The proxy in front drops the port of SITE_URL from the Host header (%s came, %s was expected), so forms"
            " are refused: let it pass the header on unchanged.",
            WITHOUT_PORT,
            site.netloc,
        )


def bad_host_or_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``."""
    if not isinstance(exception, DisallowedHost):
        return bad_request(request, exception)
    name = str(request.META.get("HTTP_HOST", ""))[:MAX_NAME_LENGTH]
    if foreign_line.is_due():
        log.warning(
            "A request came for the host %r, which is neither that of SITE_URL nor in ALLOWED_HOSTS; it was refused.",
            name,
        )
    # The name itself is for the log alone: a page that repeats what a request made up can be turned against readers.
    response = HttpResponse(render_to_string("host.html", {"site_url": settings.SITE_URL}), status=400)
    response["X-Frame-Options"] = settings.X_FRAME_OPTIONS  # set further in otherwise
    return response
