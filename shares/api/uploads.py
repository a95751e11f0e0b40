"""Uploads: what has arrived, URLs for parts, completion. The bytes themselves never come here."""

from base64 import b64encode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import caller_of, owned_file
from shares.api.digests import part_digest, whole_digest
from shares.api.presenters import file_out
from shares.api.request_schemas import CompletionIn, PartRequestsIn
from shares.api.response_schemas import FileOut, SignedPartOut, SignedPartsOut, StoredPartOut, UploadOut
from shares.errors import Invalid
from shares.http.request_limits import KIB, max_body
from shares.services.uploads import multipart
from shares.services.uploads.multipart import PartRequest

router = Router(tags=[gettext_noop("Uploads")])


@router.get("/uploads/{file_id}", response=UploadOut, summary=gettext_noop("What storage has received"))
def get_upload(request: HttpRequest, file_id: str) -> UploadOut:
    progress = multipart.progress(file=owned_file(request, file_id), caller=caller_of(request), now=timezone.now())
    return UploadOut(
        id=progress.file.pk,
        state=progress.file.state.value,
        size=progress.file.size,
        part_size=progress.part_size,
        parts=[
            StoredPartOut(number=part.number, size=part.size, checksum=b64encode(sum_).decode() if sum_ else None)
            for part, sum_ in progress.parts
        ],
    )


@router.post(
    "/uploads/{file_id}/parts",
    response=SignedPartsOut,
    summary=gettext_noop("URLs for up to 100 parts"),
    description=gettext_noop(
        "Each URL accepts one part of exactly the announced length and checksum. Request as many as you need."
    ),
)
@max_body(32 * KIB)
def sign_parts(request: HttpRequest, file_id: str, body: PartRequestsIn) -> SignedPartsOut:
    part_requests = [
        PartRequest(part.number, part_digest(part.checksum_sha256), part_digest(part.checksum_md5))
        for part in body.parts
    ]
    file = owned_file(request, file_id)
    signed_parts = multipart.sign_parts(
        file=file, requests=part_requests, caller=caller_of(request), now=timezone.now()
    )
    parts = [SignedPartOut(number=part.number, url=part.url, headers=dict(part.headers)) for part in signed_parts]
    return SignedPartsOut(parts=parts, expires_in=min(part.expires_in for part in signed_parts))


@router.post(
    "/uploads/{file_id}/complete",
    response=FileOut,
    summary=gettext_noop("Complete an upload"),
    description=gettext_noop(
        "Compares what arrived with what was announced; only then can the file be downloaded. Can be repeated."
    ),
)
def complete_upload(request: HttpRequest, file_id: str, body: CompletionIn | None = None) -> FileOut:
    claimed_sha256 = whole_digest(body.sha256 if body else None)
    file = owned_file(request, file_id)
    return file_out(multipart.complete(file=file, sha256=claimed_sha256, caller=caller_of(request), now=timezone.now()))


@router.delete("/uploads/{file_id}", response={204: None}, summary=gettext_noop("Cancel an upload"))
def cancel_upload(request: HttpRequest, file_id: str) -> HttpResponse:
    file = owned_file(request, file_id)
    if file.is_stored:
        raise Invalid(_("This upload is complete. Remove the file from its share instead."))
    multipart.cancel(file=file, caller=caller_of(request), now=timezone.now())
    return HttpResponse(status=204)
