"""Files that machines look for at fixed addresses."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from shares.errors import NotFound
from shares.http.guards import public
from shares.http.requests import Request

# RFC 9116 asks for less than a year; as long as the site runs, the date moves on.
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
    """RFC 9116, where whoever runs the site has named a contact."""
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
