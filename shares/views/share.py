"""The recipient's page and its acts. Looking never counts or signs; a POST does, with or without JavaScript."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shares import policies
from shares.errors import Expired, Locked, NotFound, NotReady, Refusal, WrongPassword
from shares.http import recipient_cookies, responses, text_responses
from shares.http.guards import find, linked, recipient
from shares.http.methods import require_post
from shares.http.request_limits import max_body, selection_bytes
from shares.http.requests import Request
from shares.http.responses import Away, SeeOther
from shares.models import Share
from shares.services.accounts import tokens
from shares.services.downloads import archives, checksums, folders, grants, start, streams
from shares.services.downloads.archives import Archive
from shares.services.downloads.grants import Held
from shares.services.downloads.page import PublicShare, admit, look, look_again
from shares.services.uploads import thumbnails
from shares.services.uploads.thumbnails import Picture
from shares.storage import content_disposition

ORDERS = [(folders.NAME, _("Name")), (folders.SIZE, _("Size")), (folders.NEWEST, _("Newest"))]


@require_safe
@recipient
def page(request: Request, share: Share) -> HttpResponse:
    text_responses.require_reader(request)
    return _page(request, share, recipient_cookies.held(request))


@require_safe
@recipient
def arrivals(request: Request, share: Share) -> HttpResponse:
    """What changed on the open page since ``since``, as the pieces of the page that show it; 304 if nothing did.

    Counts nothing and signs no download. A share that this browser may not see, or not any more, has no pieces: the
    page asks anew.
    """
    try:
        public_share = look(
            share=share,
            held=recipient_cookies.held(request),
            caller=request.caller,
            now=request.now,
            page=_number(request),
            order=_order(request),
            since=responses.since(request),
        )
    except Refusal as refusal:
        return HttpResponse(status=refusal.status)
    wait = look_again(share=share, ready=not public_share.waiting, now=request.now)
    pictures = _pictures(request, share, public_share)
    context = {"share_id": share.pk, "page": public_share, "pictures": pictures} | _pages(request, public_share)
    return responses.pieces(
        request, "share/_live_updates.html", context, tag=repr((public_share, sorted(pictures))), wait=wait
    )


@require_safe
@recipient
def checksums_file(request: Request, share: Share) -> HttpResponse:
    """``SHA256SUMS`` for ``sha256sum --check``: for whoever may see the files; counts and signs nothing."""
    presented_tokens = recipient_cookies.held(request)
    try:
        admit(share=share, held=presented_tokens, caller=request.caller, now=request.now)
    except Refusal:
        return _page(request, share, presented_tokens)
    response = HttpResponse("".join(checksums.lines(share=share)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="SHA256SUMS"'
    return response


@require_post("share")
@recipient
def unlock(request: Request, share: Share) -> HttpResponse:
    text_responses.require_redirects(request)
    presented_tokens = recipient_cookies.held(request)
    if policies.owns(share, request.caller) or grants.unlocked(presented_tokens, share, request.now):
        return SeeOther(reverse("share", args=[share.pk]))
    try:
        token = start.unlock(
            share=share, password=text_responses.password(request), caller=request.caller, now=request.now
        )
    except Refusal as refusal:
        return _page(request, share, presented_tokens, refusal)
    response = SeeOther(reverse("share", args=[share.pk]))
    recipient_cookies.keep(
        request, response, share.pk, recipient_cookies.UNLOCK, token, grants.life(share, request.now)
    )
    _open(request, response, share)
    return response


@require_post("share")
@max_body(selection_bytes)
@recipient
def download(request: Request, share: Share) -> HttpResponseBase:
    """The files named by ``file`` fields, or all: one as it is, from storage, several as one ZIP."""
    text_responses.require_redirects(request)
    arguments = recipient_cookies.asked(request)
    try:
        files = archives.chosen(share=share, ids=request.POST.getlist("file"))
        if len(files) > 1:
            new_download, archive = archives.take(share=share, files=files, **arguments)
            return recipient_cookies.handed_over(request, share.pk, new_download, _streamed(archive))
        new_download = start.take(share=share, files=files, **arguments)
    except Refusal as refusal:
        return _page(request, share, arguments["held"], refusal)
    return recipient_cookies.handed_over(request, share.pk, new_download, Away(new_download.links[0].url))


@require_post("share")
@linked
def download_file(request: Request, share_id: str, file_id: str) -> HttpResponse:
    text_responses.require_redirects(request)
    arguments = recipient_cookies.asked(request)
    try:
        new_download = start.click(share_id=share_id, file_id=file_id, **arguments)
    except Refusal as refusal:
        return _page(request, find(share_id), arguments["held"], refusal)
    return recipient_cookies.handed_over(request, share_id, new_download, Away(new_download.links[0].url))


@require_safe
@linked
def content(request: Request, share_id: str, file_id: str) -> HttpResponseBase:
    """Where a download goes on, for whoever shows the grant: to a fresh address in storage, or to the bytes of a strict
    share, in whole or in part. Counts nothing; HEAD signs nothing either. An owner's program shows its token.
    """
    presented_tokens, authorization = recipient_cookies.held(request), request.headers.get("Authorization", "")
    try:
        if authorization:
            request.caller = tokens.identify(request.caller, authorization=authorization, now=request.now)
        file = start.granted_file(
            share_id=share_id, file_id=file_id, caller=request.caller, held=presented_tokens, now=request.now
        )
        if request.method == "HEAD":
            return _described(HttpResponse(), file.download_name, streams.tag_of(file), file.size)
        if not file.share.strict:
            return Away(start.again(file=file, caller=request.caller, now=request.now).url)
        range_header, condition = request.headers.get("Range", ""), request.headers.get("If-Range", "")
        give = _handed_over if settings.STRICT_ACCEL else _passed_through
        return give(file=file, caller=request.caller, now=request.now, wanted=range_header, condition=condition)
    except Refusal as refusal:
        return _page(request, find(share_id), presented_tokens, refusal)


def _passed_through(**arguments: Any) -> HttpResponseBase:
    stream = streams.open_file(**arguments)
    response = StreamingHttpResponse(stream.body, status=206 if stream.partial else 200)
    if stream.partial:
        response["Content-Range"] = f"bytes {stream.start}-{stream.end}/{stream.size}"
    return _described(response, stream.name, stream.tag, stream.length)


def _handed_over(**arguments: Any) -> HttpResponseBase:
    """For the proxy in front: where to fetch the bytes, and which. It keeps that to itself and sends the rest on."""
    handoff = streams.hand_over(**arguments)
    response = _described(HttpResponse(), handoff.name, handoff.tag, 0)
    response["X-Accel-Redirect"] = settings.STRICT_ACCEL + handoff.target
    if handoff.partial:
        response["X-Accel-Range"] = handoff.span
    return response


def _described(response: recipient_cookies.Answer, name: str, tag: str, length: int) -> recipient_cookies.Answer:
    response["Content-Type"] = "application/octet-stream"
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = content_disposition(name)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    return response


@require_post("share")
@recipient
def opened(request: Request, share: Share) -> HttpResponse:
    """The page's script tells that a person has it before them. Says nothing back, whatever the share's state."""
    response = HttpResponse(status=204)
    if grants.unlocked(recipient_cookies.held(request), share, request.now):
        _open(request, response, share)
    return response


def _streamed(archive: Archive) -> StreamingHttpResponse:
    # Like any file: programs with an opinion on archives, such as text browsers, would show what is in it instead.
    response = StreamingHttpResponse(archive.body, content_type="application/octet-stream")
    response["Content-Length"] = str(archive.size)
    response["Content-Disposition"] = content_disposition(archive.name)
    return response


def _page(request: Request, share: Share, presented_tokens: Held, refusal: Refusal | None = None) -> HttpResponse:
    """The share as this browser may see it now, with what was just refused in its place."""
    is_owner = request.caller.user is not None and request.caller.user.pk == share.owner_id
    context = {"share_id": share.pk, "is_owner": is_owner, "now": request.now, "refusal": refusal}
    try:
        public_share = look(
            share=share,
            held=presented_tokens,
            caller=request.caller,
            now=request.now,
            page=_number(request),
            order=_order(request),
        )
    except Locked as locked:
        return (
            _locked(request, refusal, context)
            if not text_responses.wanted(request)
            else _render_text(request, locked, context)
        )
    except Refusal as page_refusal:
        ended_at = share.expires_at if isinstance(page_refusal, Expired) else None
        return _render_ended(
            request, page_refusal, context | {"ended_at": ended_at, "askable": _askable(request, share)}
        )
    if isinstance(refusal, NotFound):
        return _render_ended(request, refusal, context)
    context |= {"page": public_share} | _pages(request, public_share)
    if text_responses.wanted(request):
        return _render_text(request, None, context)
    context["pictures"] = _pictures(request, share, public_share)
    context["link"] = request.build_absolute_uri(reverse("share", args=[share.pk]))
    if refusal is not None:
        return responses.refused(request, refusal, "share/open.html", context)
    context["refusal"] = start.hindrance()
    return render(request, "share/open.html", context)


def _askable(request: Request, share: Share) -> bool:
    return policies.askable(share, request.now) is None


def _render_ended(request: Request, refusal: Refusal, context: dict[str, object]) -> HttpResponse:
    if text_responses.wanted(request):
        return text_responses.refused(request, refusal)
    return responses.refused(request, refusal, "share/refused.html", context)


def _render_text(request: Request, locked: Locked | None, context: dict[str, object]) -> HttpResponse:
    """What a program reads: the files, or how to unlock them; after a POST only what was wrong with that."""
    refusal = context["refusal"]
    if isinstance(refusal, Refusal):
        # What a locked share holds is nobody's business yet.
        return text_responses.refused(
            request, locked if locked and isinstance(refusal, NotReady | NotFound) else refusal
        )
    return text_responses.said(request, "share/locked.txt" if locked else "share/page.txt", context)


def _pictures(request: Request, share: Share, public_share: PublicShare) -> dict[str, Picture]:
    ids = [file.id for file in public_share.files if file.ready]
    return thumbnails.pictures(share=share, ids=ids, caller=request.caller, now=request.now)


def _number(request: Request) -> int:
    """Which page of the files is asked for; the first, where the address makes no sense."""
    number = request.GET.get("page", "1")
    return max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1


def _order(request: Request) -> str:
    order = request.GET.get("sort", "")
    return order if order in folders.ORDERS else folders.NAME


def _pages(request: Request, public_share: PublicShare) -> dict[str, object]:
    return {"number": _number(request), "numbers": range(1, public_share.pages + 1), "orders": ORDERS}


def _locked(request: Request, refusal: Refusal | None, context: dict[str, object]) -> HttpResponse:
    if isinstance(refusal, NotReady | NotFound):
        refusal = Locked()  # What a locked share holds is nobody's business yet.
    context |= {"refusal": refusal, "wrong": isinstance(refusal, WrongPassword)}
    if refusal is None:
        return render(request, "share/locked.html", context)
    if refusal.retry_after is not None:
        context["retry_at"] = request.now + timedelta(seconds=refusal.retry_after)
    return responses.refused(request, refusal, "share/locked.html", context)


def _open(request: Request, response: HttpResponse, share: Share) -> None:
    """Count the opening once per browser; the owner's own look is none."""
    is_owner = request.caller.user is not None and request.caller.user.pk == share.owner_id
    if is_owner or not recipient_cookies.opening(request):
        return
    start.opened(share=share, caller=request.caller, now=request.now)
    recipient_cookies.keep(request, response, share.pk, recipient_cookies.OPENED, "1", grants.life(share, request.now))
