"""The ZIP of a share as a recipient's browser makes it: what goes in, links as it goes, and the script for it."""

from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from shares.http import recipient_cookies
from shares.http.guards import public, recipient
from shares.http.methods import require_post
from shares.http.request_limits import max_body, selection_bytes
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Share
from shares.services.downloads import archives
from shares.storage import content_disposition


@require_post("share")
@max_body(selection_bytes)
@recipient
def plan(request: Request, share: Share) -> HttpResponse:
    """Takes one download, or none under a grant; says what the archive of the files named, or of all, is to hold.

    Of a strict share the browser makes none, since every file would take one of the few streams: 204, nothing taken.
    """
    if share.strict:
        return HttpResponse(status=204)
    tokens, opening = recipient_cookies.presented_tokens(request), recipient_cookies.is_opening(request)
    download, archive_plan = archives.plan_archive(
        share=share,
        files=archives.select_files(share=share, ids=request.POST.getlist("file")),
        caller=request.caller,
        tokens=tokens,
        now=request.now,
        opening=opening,
    )
    files = [{"id": entry.file_id, "name": entry.name, "size": entry.size} for entry in archive_plan.entries]
    response = JsonResponse(
        {"disposition": content_disposition(archive_plan.name), "name": archive_plan.name, "files": files}
    )
    return recipient_cookies.set_download_cookies(request, share.pk, download, response)


@require_post("share")
@recipient
def links(request: Request, share: Share) -> HttpResponse:
    """Links to the files named by ``file`` fields, under the grant that ``plan`` gave."""
    archive_links = archives.sign_links(
        share=share,
        ids=request.POST.getlist("file"),
        caller=request.caller,
        tokens=recipient_cookies.presented_tokens(request),
        now=request.now,
    )
    return JsonResponse(
        {"links": [{"id": link.file_id, "url": link.url, "expires_in": link.expires_in} for link in archive_links]}
    )


@require_safe
@recipient
def archive_page(request: Request, share: Share, job: str) -> HttpResponse:
    """Where the browser's own script answers with the archive. Whoever gets here has none: back to the page."""
    del request, job
    return SeeOther(reverse("share", args=[share.pk]))


@require_safe
@public
def script(_request: Request) -> HttpResponse:
    """The service worker. It stands at the top so that it may serve the pages of shares, and asks for nothing else."""
    body = f"import {static('js/archive/worker.js')!r};\n"
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/share/"
    response["Cache-Control"] = "no-cache"
    return response
