"""The recipient's page and its actions. A GET never counts a download; a POST does, with or without scripts."""

from dataclasses import replace
from datetime import timedelta

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shares import policies
from shares.errors import Expired, Locked, NotFound, NotReady, Refusal, WrongPassword
from shares.http import page_cache, refusals, responses, text_responses
from shares.http.guards import find_share, linked, recipient
from shares.http.methods import require_post
from shares.http.page_cache import UncacheablePage
from shares.http.recipient_cookies import OPENED, UNLOCK, Response, read_visit, set_cookie, set_download_cookies
from shares.http.request_limits import max_body, selection_bytes
from shares.http.requests import Request
from shares.http.responses import SeeOther, SignedRedirect
from shares.models import Share, SharedFile
from shares.services.accounts import tokens
from shares.services.downloads import access, archives, checksums, folders, grants, start, streams
from shares.services.downloads.archives import Archive
from shares.services.downloads.delivery import Sender, delivery_of, storage_unavailable
from shares.services.downloads.page import PublicShare, load_page, poll_interval
from shares.services.downloads.selection import select_files
from shares.services.downloads.streams import ProxyHandoff
from shares.services.downloads.visits import Visit
from shares.services.uploads import thumbnails
from shares.services.uploads.thumbnails import Picture
from shares.storage import content_disposition

ORDERS = [(folders.NAME, _("Name")), (folders.SIZE, _("Size")), (folders.NEWEST, _("Newest"))]


@require_safe
@linked
def page(request: Request, share_id: str) -> HttpResponse:
    text_responses.require_reader(request)
    visit = read_visit(request)
    return page_cache.repeat_or_render(request, share_id, visit, lambda: _find_page(request, share_id, visit))


def _find_page(request: Request, share_id: str, visit: Visit) -> HttpResponse:
    try:
        share = find_share(share_id)
    except NotFound as refusal:
        if text_responses.wants_text(request):
            return refusals.render_recipient_text(request, refusal)
        return refusals.render(request, refusal)
    return _page(request, share, visit)


@require_safe
@recipient
def live_updates(request: Request, share: Share) -> HttpResponse:
    """What changed on the open page after ``since``, as the parts of the page that display it; 304 if nothing did.

    Counts nothing and signs no download. For a share that this browser may not see, or no longer, there are no parts:
    the page reloads.
    """
    try:
        public_share = load_page(
            share=share,
            visit=read_visit(request),
            page=_number(request),
            order=_order(request),
            updated_after=responses.parse_updated_after(request),
        )
    except Refusal as refusal:
        return HttpResponse(status=refusal.status)
    wait = poll_interval(share=share, ready=not public_share.waiting, now=request.now)
    pictures = _pictures(request, share, public_share)
    context = {"share_id": share.pk, "page": public_share, "pictures": pictures} | _pages(request, public_share)
    return responses.live_update(
        request, "share/_live_updates.html", context, tag=repr((public_share, sorted(pictures))), wait=wait
    )


@require_safe
@recipient
def checksums_file(request: Request, share: Share) -> HttpResponse:
    """``SHA256SUMS`` for ``sha256sum --check``: for anyone who may see the files; counts and signs nothing."""
    visit = read_visit(request)
    try:
        access.require_access(share=share, visit=visit)
    except Refusal:
        return _page(request, share, visit)
    response = HttpResponse("".join(checksums.lines(share=share)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="SHA256SUMS"'
    return response


@require_post("share")
@recipient
def unlock(request: Request, share: Share) -> HttpResponse:
    text_responses.require_redirects(request)
    visit = read_visit(request)
    if access.is_unlocked(share, visit):
        return SeeOther(reverse("share", args=[share.pk]))
    try:
        token = access.unlock(share=share, visit=visit)
    except Refusal as refusal:
        return _page(request, share, visit, refusal)
    response = SeeOther(reverse("share", args=[share.pk]))
    set_cookie(visit, response, share.pk, UNLOCK, token, grants.expiry_for(share, request.now))
    _open(response, share, visit)
    return response


@require_post("share")
@max_body(selection_bytes)
@recipient
def download(request: Request, share: Share) -> HttpResponseBase:
    """The files named by ``file`` fields, or all: one as it is, from storage, several as one ZIP."""
    text_responses.require_redirects(request)
    visit = read_visit(request)
    try:
        files = select_files(share=share, ids=request.POST.getlist("file"))
        if len(files) > 1:
            new_download, archive = archives.start_archive(share=share, files=files, visit=visit)
            return set_download_cookies(visit, share.pk, new_download, _streamed(archive))
        new_download = start.start_download(share=share, files=files, visit=visit)
    except Refusal as refusal:
        return _page(request, share, visit, refusal)
    return set_download_cookies(visit, share.pk, new_download, SignedRedirect(new_download.links[0].url))


@require_post("share")
@linked
def download_file(request: Request, share_id: str, file_id: str) -> HttpResponse:
    text_responses.require_redirects(request)
    visit = read_visit(request)
    try:
        new_download = start.start_file_download(share_id=share_id, file_id=file_id, visit=visit)
    except Refusal as refusal:
        return _page(request, find_share(share_id), visit, refusal)
    return set_download_cookies(visit, share_id, new_download, SignedRedirect(new_download.links[0].url))


@require_safe
@linked
def content(request: Request, share_id: str, file_id: str) -> HttpResponseBase:
    """Where a download continues with its grant: at a new signed URL, or with the bytes of a strict share, in whole or
    in part. Counts nothing; HEAD signs nothing either. A program of the owner presents its token.
    """
    visit = read_visit(request)
    authorization = request.headers.get("Authorization", "")
    try:
        if authorization:
            caller = tokens.identify(request.caller, authorization=authorization, now=request.now)
            visit = replace(visit, caller=caller)
        file = access.granted_file(share_id=share_id, file_id=file_id, visit=visit)
        if request.method == "HEAD":
            length = file.size if delivery_of(file.share).is_exact else None
            return _described(HttpResponse(), file.download_name, streams.etag_of(file), length)
        return _delivered(request, file, visit)
    except Refusal as refusal:
        return _page(request, find_share(share_id), visit, refusal)


def _delivered(request: Request, file: SharedFile, visit: Visit) -> HttpResponseBase:
    delivery = delivery_of(file.share)
    if delivery.leaves_server:
        return SignedRedirect(start.resume_link(file=file, visit=visit).url)
    range_header, condition = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    if delivery.sender is Sender.PROXY:
        return _handed_to_proxy(streams.proxy_handoff(file, visit, range_header, condition))
    stream = streams.open_file(file, visit, range_header, condition)
    response = StreamingHttpResponse(stream.body, status=206 if stream.partial else 200)
    if stream.partial:
        response["Content-Range"] = f"bytes {stream.start}-{stream.end}/{stream.size}"
    return _described(response, stream.name, stream.tag, stream.known_length)


def _handed_to_proxy(handoff: ProxyHandoff) -> HttpResponse:
    """For the reverse proxy: where to fetch which bytes. It removes these headers and sends the others on."""
    response = _described(HttpResponse(), handoff.name, handoff.tag, 0)
    response["X-Accel-Redirect"] = handoff.internal_url
    if handoff.partial:
        response["X-Accel-Range"] = handoff.span
    return response


def _described(response: Response, name: str, tag: str, length: int | None) -> Response:
    """``length`` is None if it is unknown, and then no part can be requested."""
    response["Content-Type"] = "application/octet-stream"
    if length is not None:
        response["Content-Length"] = str(length)
    response["Content-Disposition"] = content_disposition(name)
    response["Accept-Ranges"] = "none" if length is None else "bytes"
    response["ETag"] = tag
    return response


@require_post("share")
@recipient
def opened(request: Request, share: Share) -> HttpResponse:
    """The page's script reports that a person has it open. The response is empty, whatever the share's state."""
    response, visit = HttpResponse(status=204), read_visit(request)
    if access.is_unlocked(share, visit):
        _open(response, share, visit)
    return response


def _streamed(archive: Archive) -> StreamingHttpResponse:
    # Like any file: programs with an opinion on archives, such as text browsers, would show what is in it instead.
    response = StreamingHttpResponse(archive.body, content_type="application/octet-stream")
    if archive.size is not None:
        response["Content-Length"] = str(archive.size)
    response["Content-Disposition"] = content_disposition(archive.name)
    return response


def _page(request: Request, share: Share, visit: Visit, refusal: Refusal | None = None) -> HttpResponse:
    """The share as this browser may see it now, with what was just refused in its place."""
    context = {
        "share_id": share.pk,
        "is_owner": policies.owns(share, visit.caller),
        "now": request.now,
        "refusal": refusal,
    }
    try:
        public_share = load_page(share=share, visit=visit, page=_number(request), order=_order(request))
    except Locked as locked:
        if isinstance(refusal, NotReady | NotFound):
            context["refusal"] = locked  # Nobody may learn yet what a locked share contains.
        return _render_locked(request, context)
    except Refusal as page_refusal:
        ended_at = share.expires_at if isinstance(page_refusal, Expired) else None
        return refusals.render_for_recipient(
            request, page_refusal, context | {"ended_at": ended_at, "askable": _askable(request, share)}
        )
    if isinstance(refusal, NotFound):
        return refusals.render_for_recipient(request, refusal, context)
    context |= {"page": public_share} | _pages(request, public_share)
    if text_responses.wants_text(request):
        return _render_text(request, "share/page.txt", context)
    context["pictures"] = _pictures(request, share, public_share)
    context["link"] = request.build_absolute_uri(reverse("share", args=[share.pk]))
    if refusal is not None:
        return refusals.render_page(request, refusal, "share/open.html", context)
    context["refusal"] = storage_unavailable()
    response = render(request, "share/open.html", context)
    return UncacheablePage(response.content) if context["pictures"] else response


def _askable(request: Request, share: Share) -> bool:
    return policies.may_request_reshare(share, request.now) is None


def _render_text(request: Request, template: str, context: dict[str, object]) -> HttpResponse:
    """What a program reads: the files, or how to unlock them; after a POST only what was wrong with that."""
    refusal = context["refusal"]
    if isinstance(refusal, Refusal):
        return refusals.render_recipient_text(request, refusal)
    return text_responses.render_text(request, template, context)


def _pictures(request: Request, share: Share, public_share: PublicShare) -> dict[str, Picture]:
    ids = [file.id for file in public_share.files if file.ready]
    return thumbnails.pictures(share=share, ids=ids, caller=request.caller, now=request.now)


def _number(request: Request) -> int:
    """The requested page of the files; the first if the parameter is invalid."""
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1


def _order(request: Request) -> str:
    order = request.GET.get("sort", "")
    return order if order in folders.ORDERS else folders.NAME


def _pages(request: Request, public_share: PublicShare) -> dict[str, object]:
    return {"number": _number(request), "numbers": range(1, public_share.pages + 1), "orders": ORDERS}


def _render_locked(request: Request, context: dict[str, object]) -> HttpResponse:
    if text_responses.wants_text(request):
        return _render_text(request, "share/locked.txt", context)
    refusal = context["refusal"]
    context |= {"wrong": isinstance(refusal, WrongPassword)}
    if not isinstance(refusal, Refusal):
        return render(request, "share/locked.html", context)
    if refusal.retry_after is not None:
        context["retry_at"] = request.now + timedelta(seconds=refusal.retry_after)
    return refusals.render_page(request, refusal, "share/locked.html", context)


def _open(response: HttpResponse, share: Share, visit: Visit) -> None:
    """Count the opening once for each browser; the owner's own is none."""
    if policies.owns(share, visit.caller) or not visit.is_opening:
        return
    access.record_opening(share=share, visit=visit)
    set_cookie(visit, response, share.pk, OPENED, "1", grants.expiry_for(share, visit.now))
