"""Sending one file without JavaScript: a share is announced, and a form sends its file to storage and comes back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shares.errors import Invalid, NotFound, NotReady, QuotaExceeded, TooLarge, TypeNotAllowed
from shares.forms.new_share import NewShareForm
from shares.http.guards import owned, signed_in
from shares.http.methods import require_post
from shares.http.requests import Request
from shares.http.responses import SeeOther
from shares.models import Share, SharedFile
from shares.services.uploads import form_uploads


@require_safe
@signed_in
def page(request: Request) -> HttpResponse:
    form_uploads.require_enabled()
    return _page(request, NewShareForm(max_bytes=_max_bytes(request)))


@require_post("share-new")
@signed_in
def announce(request: Request) -> HttpResponse:
    """Create the share with a slot for the file; the next page sends it."""
    form_uploads.require_enabled()
    form = NewShareForm(request.POST, max_bytes=_max_bytes(request))
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        file = form_uploads.create(
            caller=request.caller,
            values=form.changes(request.now),
            name=form.cleaned_data["name"],
            size=int(form.cleaned_data["size"]),
            now=request.now,
        )
    except (Invalid, QuotaExceeded, TooLarge, TypeNotAllowed) as refusal:
        field = "name" if isinstance(refusal, TypeNotAllowed) else getattr(refusal, "field", "size")
        form.add_error(field if field in form.fields else None, refusal.message)
        return _page(request, form, status=refusal.status)
    return SeeOther(_form_url(file))


@require_safe
@owned
def form_page(request: Request, share: Share, file_id: str) -> HttpResponse:
    """The form that the browser sends to storage; its content security policy allows that."""
    file = _find(share, file_id)
    if file.is_stored:
        return SeeOther(reverse("share-detail", args=[share.pk]))
    return_url = request.build_absolute_uri(reverse("share-file-arrived", args=[share.pk, file.pk]))
    signed_form = form_uploads.sign(file=file, return_url=return_url, caller=request.caller, now=request.now)
    context = {"share": share, "file": file, "signed_form": signed_form}
    return render(request, "shares/form.html", context)


@require_safe
@owned
def complete(request: Request, share: Share, file_id: str) -> HttpResponse:
    """Where storage sends the browser: completes the file, once. Loading it again changes nothing."""
    file = _find(share, file_id)
    if file.is_stored or request.method == "HEAD":
        return SeeOther(reverse("share-detail", args=[share.pk]))
    try:
        form_uploads.complete(file=file, caller=request.caller, now=request.now)
    except (Invalid, NotReady) as refusal:
        messages.error(request, refusal.message)
        return SeeOther(_form_url(file))
    except TypeNotAllowed as refusal:
        messages.error(request, refusal.message)
        return SeeOther(reverse("share-detail", args=[share.pk]))
    messages.success(request, _("“%(name)s” was uploaded. Its link works now.") % {"name": file.display_name})
    return SeeOther(reverse("share-detail", args=[share.pk]))


def _find(share: Share, file_id: str) -> SharedFile:
    file = share.files.select_related("share__owner", "upload").filter(pk=file_id).first()
    if file is None:
        raise NotFound(_("There is no such file in this share."))
    return file


def _form_url(file: SharedFile) -> str:
    return reverse("share-file-form", args=[file.share_id, file.pk])


def _max_bytes(request: Request) -> int:
    user = request.caller.user
    return 0 if user is None else form_uploads.max_bytes(user)


def _page(request: Request, form: NewShareForm, status: int = 200) -> HttpResponse:
    return render(request, "shares/new.html", {"form": form}, status=status)
