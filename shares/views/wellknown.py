"""Files that machines request at fixed addresses."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from shares.errors import NotFound
from shares.http.guards import public
from shares.http.requests import Request

# RFC 9116 recommends less than a year; while the site runs, the date moves on.
VALID = timedelta(days=180)
ROBOTS = """User-agent: *
Disallow: /share/
Disallow: /shares/
Disallow: /request/
Disallow: /accounts/
Disallow: /admin/
Disallow: /api/
"""


@require_safe
@public
def robots(_request: Request) -> HttpResponse:
    """Links are for those who got them: no search engine has any business there."""
    return _text(ROBOTS)


@require_safe
@public
def security(request: Request) -> HttpResponse:
    """RFC 9116, if a contact is configured."""
    if not settings.SECURITY_CONTACT:
        raise NotFound()
    expires = (request.now + VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    return _text(
        f"Contact: {settings.SECURITY_CONTACT}\n"
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}\n"
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt\n"
        "Preferred-Languages: en\n"
    )


def _text(body: str) -> HttpResponse:
    response = HttpResponse(body, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    return response
