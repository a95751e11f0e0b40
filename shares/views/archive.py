"""The ZIP of a share as a recipient's browser makes it: what goes in, links as it goes, and the script for it."""

from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from shares.http.guards import public, recipient
from shares.http.methods import require_post
from shares.http.recipient_cookies import read_visit, set_download_cookies, set_storage_cookies
from shares.http.request_limits import max_body, selection_bytes
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Share
from shares.services.downloads import archives
from shares.services.downloads.delivery import delivery_of
from shares.services.downloads.selection import select_files
from shares.storage import content_disposition


@require_post("share")
@max_body(selection_bytes)
@recipient
def plan(request: Request, share: Share) -> HttpResponse:
    """What the archive of the selected files, or of all, is to contain. Takes one download, or none with a grant.

    204, and nothing is counted, if the browser cannot make the archive of this share.
    """
    if not delivery_of(share).can_zip_in_browser:
        return HttpResponse(status=204)
    visit = read_visit(request)
    files = select_files(share=share, ids=request.POST.getlist("file"))
    download, archive_plan = archives.plan_archive(share=share, files=files, visit=visit)
    entries = [{"id": entry.file_id, "name": entry.name, "size": entry.size} for entry in archive_plan.entries]
    response = JsonResponse(
        {"disposition": content_disposition(archive_plan.name), "name": archive_plan.name, "files": entries}
    )
    return set_download_cookies(visit, share.pk, download, response)


@require_post("share")
@recipient
def links(request: Request, share: Share) -> HttpResponse:
    """Links to the files named by ``file`` fields, under the grant that ``plan`` gave."""
    download = archives.sign_links(share=share, ids=request.POST.getlist("file"), visit=read_visit(request))
    links = [{"id": link.file_id, "url": link.url, "expires_in": link.expires_in} for link in download.links]
    response = JsonResponse({"links": links, "needs_cookies": download.cookies is not None})
    return set_storage_cookies(download.cookies, response)


@require_safe
@recipient
def archive_page(request: Request, share: Share, job: str) -> HttpResponse:
    """The address at which the service worker responds with the archive. Without one: back to the page."""
    del request, job
    return SeeOther(reverse("share", args=[share.pk]))


@require_safe
@public
def script(_request: Request) -> HttpResponse:
    """The service worker. It is at the root so that it may control the pages of shares, and no others."""
    body = f"import {static('archive-worker.js')!r};\n"
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/share/"
    response["Cache-Control"] = "no-cache"
    return response
