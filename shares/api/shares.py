"""Shares: create, list, read, edit, revoke."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ninja import Router, Status

from shares import policies
from shares.api.access import any_share, caller_of, optional_caller, owned_file, owned_share, request_content
from shares.api.presenters import file_out, share_columns, share_line, slot_out
from shares.api.request_schemas import FileIn, FilesIn, IdempotencyKey, ShareEdit, ShareIn, TypesIn
from shares.api.response_schemas import FilesOut, NewShareOut, PublicOut, ShareOut, SharesOut
from shares.errors import Invalid
from shares.http.request_limits import FILE_LIST_BYTES, KIB, max_body
from shares.models import Share
from shares.services.downloads.delivery import delivery_of
from shares.services.sharing import files, idempotency, presets, shares, summaries
from shares.services.sharing.files import FileSpec
from shares.services.sharing.idempotency import Slots
from shares.services.sharing.shares import ShareChanges
from shares.services.uploads import multipart

router = Router(tags=[gettext_noop("Shares")])
SLOTS_DESCRIPTION = gettext_noop(
    "The response has the slots in the order in which the files are named. With an Idempotency-Key the request can be "
    "repeated."
)


@router.post(
    "/shares",
    response={201: NewShareOut},
    summary=gettext_noop("Create a share and a slot for each file"),
    description=SLOTS_DESCRIPTION,
)
@max_body(FILE_LIST_BYTES)
def create_share(request: HttpRequest, body: ShareIn, idempotency_key: IdempotencyKey = "") -> Status[NewShareOut]:
    now, caller = timezone.now(), caller_of(request)
    changes = _changes(body, now)

    def make() -> Slots:
        share = shares.create(caller=caller, values=changes, specs=_specs(body.files), now=now)
        return Slots(share, list(share.files.select_related("upload").order_by("position")))

    slots = idempotency.once(
        key=idempotency_key, request=request_content(request), caller=caller, now=now, operation=make
    )
    columns = share_columns(request, summaries.summary(slots.share, now))
    return Status(201, NewShareOut.model_validate({**columns, "files": [slot_out(file) for file in slots.files]}))


@router.get("/shares", response=SharesOut, summary=gettext_noop("List your shares, newest first"))
def list_shares(request: HttpRequest, state: str = "", q: str = "", cursor: str = "") -> SharesOut:
    if state and state not in Share.State:
        raise Invalid(_("“state” is one of %(states)s."), field="state", states=", ".join(Share.State))
    page = summaries.owned(caller=caller_of(request), now=timezone.now(), state=state, text=q, cursor=cursor)
    items = [share_line(request, summary) for summary in page.items]
    return SharesOut(items=items, next_cursor=page.next_cursor or None)


@router.get("/shares/{share_id}", response=ShareOut, summary=gettext_noop("Get a share"))
def get_share(request: HttpRequest, share_id: str) -> ShareOut:
    return _share_out(request, owned_share(request, share_id), timezone.now())


@router.patch("/shares/{share_id}", response=ShareOut, summary=gettext_noop("Change a share"))
@max_body(64 * KIB)
def edit_share(request: HttpRequest, share_id: str, body: ShareEdit) -> ShareOut:
    now = timezone.now()
    share = owned_share(request, share_id)
    edited = shares.edit(share=share, caller=caller_of(request), changes=_changes(body, now), now=now)
    return _share_out(request, edited, now)


@router.delete("/shares/{share_id}", response={204: None}, summary=gettext_noop("Remove a share"))
def revoke_share(request: HttpRequest, share_id: str) -> HttpResponse:
    shares.revoke(share=owned_share(request, share_id), caller=caller_of(request), now=timezone.now())
    return HttpResponse(status=204)


@router.post(
    "/shares/{share_id}/files",
    response={201: FilesOut},
    summary=gettext_noop("Add files"),
    description=SLOTS_DESCRIPTION,
)
@max_body(FILE_LIST_BYTES)
def add_files(
    request: HttpRequest, share_id: str, body: FilesIn, idempotency_key: IdempotencyKey = ""
) -> Status[FilesOut]:
    now, caller = timezone.now(), caller_of(request)
    share = owned_share(request, share_id)

    def add() -> Slots:
        return Slots(share, files.declare(share=share, specs=_specs(body.files), caller=caller, now=now))

    slots = idempotency.once(
        key=idempotency_key, request=request_content(request), caller=caller, now=now, operation=add
    )
    return Status(201, FilesOut(files=[slot_out(file) for file in slots.files]))


@router.post(
    "/shares/{share_id}/types",
    response={204: None},
    summary=gettext_noop("Report the types of files"),
    description=gettext_noop(
        "For clients that read the first bytes of files while they send them. The types decide on icons and "
        "texts, never on how a file is served."
    ),
)
@max_body(256 * KIB)
def describe_files(request: HttpRequest, share_id: str, body: TypesIn) -> HttpResponse:
    share = owned_share(request, share_id)
    types = {file.id: file.content_type for file in body.files}
    files.describe(share=share, types=types, caller=caller_of(request))
    return HttpResponse(status=204)


@router.delete(
    "/shares/{share_id}/files/{file_id}",
    response={204: None},
    summary=gettext_noop("Remove one file"),
    description=gettext_noop("Its bytes are deleted, also those of an upload that is still running."),
)
def remove_file(request: HttpRequest, share_id: str, file_id: str) -> HttpResponse:
    owned_share(request, share_id)
    multipart.cancel(file=owned_file(request, file_id, share_id), caller=caller_of(request), now=timezone.now())
    return HttpResponse(status=204)


@router.get(
    "/shares/{share_id}/public",
    response=PublicOut,
    auth=None,
    summary=gettext_noop("What a recipient sees"),
    description=gettext_noop("Counts nothing. Of a share with a password only the fact that it has one is returned."),
)
def public_share(request: HttpRequest, share_id: str) -> PublicOut:
    optional_caller(request)
    now = timezone.now()
    share = any_share(share_id)
    policies.require(policies.reachable(share, now))
    listed_files = [] if share.has_password else list(share.files.not_removed().select_related("upload", "scan"))
    has_checksums = delivery_of(share).has_checksums
    return PublicOut(
        id=share.pk,
        title="" if share.has_password else share.title,
        message="" if share.has_password else share.message,
        state=share.state(now).value,
        needs_password=share.has_password,
        expires_at=share.expires_at,
        remaining=share.remaining,
        size=sum(file.size for file in listed_files),
        files=[file_out(file, has_checksums=has_checksums) for file in listed_files],
    )


def _share_out(request: HttpRequest, share: Share, now: datetime) -> ShareOut:
    listed_files = [file_out(file) for file in share.files.not_removed().select_related("upload", "scan")]
    columns = share_columns(request, summaries.summary(share, now))
    return ShareOut.model_validate({**columns, "files": listed_files})


def _specs(files_in: list[FileIn]) -> list[FileSpec]:
    return [FileSpec(file.name, file.size, file.content_type, file.path, file.part_size) for file in files_in]


def _changes(body: ShareEdit, now: datetime) -> ShareChanges:
    """Only what the body names: absent and null are two things."""
    fields = body.model_fields_set
    changes: ShareChanges = {}
    if "title" in fields:
        changes["title"] = body.title or ""
    if "message" in fields:
        changes["message"] = body.message or ""
    if "max_downloads" in fields:
        changes["max_downloads"] = body.max_downloads
    if "password" in fields:
        changes["password"] = body.password or ""
    if "strict" in fields:
        changes["strict"] = bool(body.strict)
    if "ask_again" in fields:
        changes["reshare_requests_enabled"] = bool(body.ask_again)
    if "preset" in fields:
        changes["preset"] = None if body.preset is None else presets.find(body.preset)
    if {"expires_at", "expires_in"} & fields:
        changes["expires_at"] = _expiry(body, now)
    return changes


def _expiry(body: ShareEdit, now: datetime) -> datetime | None:
    if {"expires_at", "expires_in"} <= body.model_fields_set:
        raise Invalid(_("Give either “expires_at” or “expires_in”, not both."), field="expires_at")
    if "expires_at" in body.model_fields_set:
        return body.expires_at
    return None if body.expires_in is None else _after(body.expires_in, now)


def _after(seconds: int, now: datetime) -> datetime:
    if seconds <= 0:
        raise Invalid(_("“expires_in” must be a positive number of seconds."), field="expires_in")
    return now + timedelta(seconds=seconds)
