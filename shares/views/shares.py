"""The owner's pages: the list, one share, and what can be done with it. All of it works without JavaScript."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shares import policies
from shares.errors import ChangedMeanwhile, Invalid, NotFound, Refusal
from shares.forms.bulk import BulkForm
from shares.forms.share_settings import SettingsForm
from shares.http import responses
from shares.http.guards import owned, signed_in
from shares.http.methods import require_post
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Event, ReshareRequest, Share, SharedFile
from shares.services.downloads.delivery import delivery_of
from shares.services.downloads.page import changed_files, poll_interval
from shares.services.downloads.previews import PREVIEW
from shares.services.event_details import describe_detail
from shares.services.sharing import files, history, reshare_requests, summaries
from shares.services.sharing import shares as share_service
from shares.services.sharing.history import Line
from shares.services.sharing.shares import ShareChanges, ShareOriginal
from shares.services.sharing.summaries import Summary
from shares.services.uploads import thumbnails
from shares.services.uploads.thumbnails import Picture

SORTS = [
    (summaries.NEWEST, _("Newest first")),
    (summaries.OLDEST, _("Oldest first")),
    (summaries.ENDING, _("Ending first")),
]
FILES = 500
EXTENSION = timedelta(days=7)
# Parts of the page of a share; a message about one is displayed there, not at the top.
SETTINGS, FILES_PART = "settings", "files"
# What happened, and the same for many in a row.
EVENT_TEXTS = {
    Event.Kind.CREATED: _("Created"),
    Event.Kind.EDITED: _("Settings changed"),
    Event.Kind.OPENED: _("Opened"),
    Event.Kind.UNLOCKED: _("Unlocked with the password"),
    Event.Kind.REFUSED: _("Refused"),
    Event.Kind.GRANTED: _("Downloaded"),
    Event.Kind.SIGNED: ngettext_lazy("File download started", "%(count)d file downloads started", "count"),
    Event.Kind.STREAMED: ngettext_lazy(
        "Downloaded through this server", "%(count)d downloads through this server", "count"
    ),
    Event.Kind.UPLOAD_URLS: _("Upload URLs signed"),
    Event.Kind.THUMBNAIL_URLS: _("Thumbnail URLs signed"),
    Event.Kind.UPLOADED: ngettext_lazy("File uploaded", "%(count)d files uploaded", "count"),
    Event.Kind.REVOKED: _("Removed"),
    Event.Kind.PURGED: _("Files deleted"),
    Event.Kind.ADMIN: _("Changed by an administrator"),
    Event.Kind.RESHARE_REQUESTED: _("Requested again"),
    Event.Kind.WITHHELD: _("File withheld"),
    Event.Kind.FINISHED: ngettext_lazy("Download finished", "%(count)d downloads finished", "count"),
}


@require_safe
@signed_in
def listing(request: Request) -> HttpResponse:
    query = {name: request.GET.get(name, "")[:200] for name in ("q", "state", "sort", "cursor")}
    query["sort"] = query["sort"] or summaries.NEWEST
    page = summaries.owned(
        caller=request.caller,
        now=request.now,
        state=query["state"],
        text=query["q"].strip(),
        order=query["sort"],
        cursor=query["cursor"],
    )
    days = summaries.daily(shares=[item.share for item in page.items], now=request.now)
    context = query | {
        "rows": [(item, tuple(days[item.share.pk])) for item in page.items],
        "now": request.now,
        "requests": _requests(reshare_requests.unanswered(caller=request.caller, now=request.now)),
        "states": [("", gettext("All")), *((state.value, capfirst(state.label)) for state in Share.State)],
        "sorts": SORTS,
        "filtered": bool(query["q"] or query["state"] or query["cursor"]),
        "next_query": urlencode(query | {"cursor": page.next_cursor}) if page.next_cursor else "",
    }
    return render(request, "shares/list.html", context)


@require_post("shares")
@signed_in
def bulk(request: Request) -> HttpResponse:
    """One action for each selected share; a refusal is displayed, and stops none of the others."""
    form = BulkForm(request.POST)
    back = SeeOther(reverse("shares"))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return back
    changed, reasons = 0, set()
    for share in Share.objects.filter(pk__in=form.cleaned_data["ids"], owner=request.caller.user):
        try:
            _apply(request, share, form.cleaned_data["operation"])
            changed += 1
        except Refusal as refusal:
            reasons.add(refusal.message)
    if changed:
        messages.success(request, _changed_text(form.cleaned_data["operation"], changed))
    for reason in sorted(reasons):
        messages.error(request, reason)
    return back


def _changed_text(action: str, count: int) -> str:
    if action == BulkForm.REVOKE:
        return ngettext("%(count)d share removed.", "%(count)d shares removed.", count) % {"count": count}
    return ngettext("%(count)d share extended.", "%(count)d shares extended.", count) % {"count": count}


def _apply(request: Request, share: Share, action: str) -> None:
    if action == BulkForm.REVOKE:
        return share_service.revoke(share=share, caller=request.caller, now=request.now)
    changes: ShareChanges = {"expires_at": share_service.extended(share, EXTENSION, request.now)}
    original: ShareOriginal = {"expires_at": share.expires_at}
    share_service.edit(share=share, caller=request.caller, changes=changes, now=request.now, original=original)
    return None


@require_safe
@owned
def detail(request: Request, share: Share) -> HttpResponse:
    return _detail(request, share, SettingsForm(share=share))


@require_safe
@owned
def live_updates(request: Request, share: Share) -> HttpResponse:
    """What of the files changed, as parts of the page; see the recipient's ``live_updates``."""
    row = summaries.summary(share, request.now)
    listed_files = share.files.not_removed().select_related("upload", "scan", "form_upload")
    page_files = list(changed_files(listed_files, listed_files[:FILES], responses.parse_updated_after(request)))
    wait = poll_interval(share=share, ready=not row.waiting, now=request.now)
    pictures = _pictures(request, share, page_files)
    context = _files(share, row) | {"files": page_files, "pictures": pictures, "form": policies.editable(share) is None}
    states = [
        (file.pk, file.state, file.scan_or_none and file.scan_or_none.last_error, file.pk in pictures)
        for file in page_files
    ]
    tag = repr((row.state, row.title, row.files, row.ready, row.size, states))
    return responses.live_update(request, "shares/_live_updates.html", context, tag=tag, wait=wait)


@require_post("share-detail")
@owned
def edit(request: Request, share: Share) -> HttpResponse:
    form = SettingsForm(request.POST, share=share)
    if not form.is_valid():
        return _detail(request, share, form, status=422)
    if not form.has_originals:
        return _changed_meanwhile(request, share, form, ())
    try:
        changes = form.changes(request.now)
        if changes:
            original = form.original()
            share_service.edit(share=share, caller=request.caller, changes=changes, now=request.now, original=original)
    except ChangedMeanwhile as refusal:
        return _changed_meanwhile(request, share, form, refusal.fields)
    except Invalid as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _detail(request, share, form, status=refusal.status)
    messages.success(request, gettext("Saved.") if changes else gettext("Nothing was changed."), extra_tags=SETTINGS)
    return SeeOther(reverse("share-detail", args=[share.pk]) + f"#{SETTINGS}")


def _changed_meanwhile(request: Request, share: Share, form: SettingsForm, fields: Sequence[str]) -> HttpResponse:
    """The form again, with what the person wants and what the share has become; saving once more is their decision."""
    share.refresh_from_db()
    return _detail(request, share, form.renew(share, fields, request.now), status=ChangedMeanwhile().status)


@require_post("share-detail")
@owned
def revoke(request: Request, share: Share) -> HttpResponse:
    share_service.revoke(share=share, caller=request.caller, now=request.now)
    messages.success(request, gettext("Share removed. Its link no longer works, and its files are being deleted."))
    return SeeOther(reverse("share-detail", args=[share.pk]))


@require_post("share-detail")
@owned
def remove_file(request: Request, share: Share, file_id: str) -> HttpResponse:
    file = share.files.select_related("share").filter(pk=file_id).first()
    if file is None:
        raise NotFound(_("There is no such file in this share."))
    files.remove(file=file, caller=request.caller, now=request.now)
    messages.success(
        request, gettext("%(name)s was removed from the share.") % {"name": file.display_name}, extra_tags=FILES_PART
    )
    return SeeOther(reverse("share-detail", args=[share.pk]) + f"#{FILES_PART}")


def _detail(request: Request, share: Share, form: SettingsForm, status: int = 200) -> HttpResponse:
    row = summaries.summary(share, request.now)
    page_files = list(share.files.not_removed().select_related("upload", "scan", "form_upload")[:FILES])
    context = {
        "now": request.now,
        "url": request.build_absolute_uri(reverse("share", args=[share.pk])),
        "statistics": summaries.statistics(
            share=share, caller=request.caller, counts_finished=delivery_of(share).counts_finished_downloads
        ),
        "files": page_files,
        "requests": reshare_requests.unanswered(caller=request.caller, now=request.now, share=share),
        "pictures": _pictures(request, share, page_files),
        "form": None if policies.editable(share) else form,
        "history": [(_describe(line), line) for line in history.lines(share.pk)],
    }
    return render(request, "shares/detail.html", _files(share, row) | context, status=status)


def _describe(line: Line) -> str:
    """The text of a line of the history; only some details are for people."""
    text = EVENT_TEXTS[line.kind] % {"count": line.count}
    is_for_people = line.kind in (Event.Kind.REFUSED, Event.Kind.RESHARE_REQUESTED) or line.detail == PREVIEW
    detail = describe_detail(line.kind, line.detail) if is_for_people else ""
    return gettext("%(event)s (%(detail)s)") % {"event": text, "detail": detail} if detail else text


def _requests(reshare_requests: Iterable[ReshareRequest]) -> list[tuple[Share, list[ReshareRequest]]]:
    """Re-share requests, by share."""
    by_share: dict[str, tuple[Share, list[ReshareRequest]]] = {}
    for reshare_request in reshare_requests:
        by_share.setdefault(reshare_request.share_id, (reshare_request.share, []))[1].append(reshare_request)
    return [*by_share.values()]


def _pictures(request: Request, share: Share, page_files: Sequence[SharedFile]) -> dict[str, Picture]:
    return thumbnails.pictures(
        share=share, ids=[file.pk for file in page_files], caller=request.caller, now=request.now
    )


def _files(share: Share, row: Summary) -> dict[str, object]:
    return {
        "share": share,
        "row": row,
        "rows": min(FILES, row.files),
        "more_files": max(0, row.files - FILES),
        "can_preview": delivery_of(share).can_preview,
    }
