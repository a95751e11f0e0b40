"""Previews: a POST responds with the URL of a file in storage, for the page's script or a browser without scripts."""

from django.http import HttpResponse, JsonResponse

from shares.errors import NotFound, Refusal
from shares.http import refusals
from shares.http.guards import linked, owned
from shares.http.methods import require_post
from shares.http.recipient_cookies import read_visit, set_download_cookies
from shares.http.requests import Request
from shares.http.responses import SignedRedirect
from shares.models import Share, SharedFile
from shares.services.downloads import previews
from shares.services.downloads.delivery import Link
from shares.services.downloads.previews import PreviewType


@require_post("share")
@linked
def start(request: Request, share_id: str, file_id: str) -> HttpResponse:
    """Takes one download, or none under a grant."""
    visit = read_visit(request)
    try:
        download, preview = previews.start_preview(share_id=share_id, file_id=file_id, visit=visit)
    except Refusal as refusal:
        return _render_refusal(request, refusal)
    return set_download_cookies(visit, share_id, download, _render_link(request, download.links[0], preview))


@require_post("share-detail")
@owned
def sign_owner_preview(request: Request, share: Share, file_id: str) -> HttpResponse:
    """The owner's preview: takes no download."""
    file = SharedFile.objects.select_related("share__owner").filter(pk=file_id, share=share).first()
    try:
        if file is None:
            raise NotFound
        link, preview = previews.sign_owner_preview(file=file, caller=request.caller, now=request.now)
    except Refusal as refusal:
        return _render_refusal(request, refusal)
    return _render_link(request, link, preview)


def _render_link(request: Request, link: Link, preview: PreviewType) -> HttpResponse:
    if _scripted(request):
        return JsonResponse({"kind": preview.kind, "url": link.url})
    return SignedRedirect(link.url)


def _render_refusal(request: Request, refusal: Refusal) -> HttpResponse:
    """For the script to display; without one it is a page like any other refusal."""
    if not _scripted(request):
        raise refusal
    return refusals.render_message(refusal)


def _scripted(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
