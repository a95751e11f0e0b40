"""Thumbnails: a URL for the small picture of a file, and the word that it is there."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import caller_of, owned_file
from shares.api.digests import part_digest
from shares.api.request_schemas import ThumbnailIn
from shares.api.response_schemas import SignedThumbnailOut
from shares.services.uploads import thumbnails
from shares.services.uploads.thumbnails import Drawing

router = Router(tags=[gettext_noop("Uploads")])


@router.post(
    "/uploads/{file_id}/thumbnail",
    response=SignedThumbnailOut,
    summary=gettext_noop("A URL for a file's thumbnail"),
    description=gettext_noop(
        "A small JPEG or WebP made by the sender: at most 320 pixels wide and high, at most 40,000 bytes; one "
        "for each file."
    ),
)
def sign_thumbnail(request: HttpRequest, file_id: str, body: ThumbnailIn) -> SignedThumbnailOut:
    sha256, md5 = part_digest(body.checksum_sha256), part_digest(body.checksum_md5)
    drawing = Drawing(body.size, sha256, body.content_type, body.width, body.height, md5)
    signed_thumbnail = thumbnails.sign(
        file=owned_file(request, file_id), drawing=drawing, caller=caller_of(request), now=timezone.now()
    )
    return SignedThumbnailOut(
        url=signed_thumbnail.url, headers=dict(signed_thumbnail.headers), expires_in=signed_thumbnail.expires_in
    )


@router.post(
    "/uploads/{file_id}/thumbnail/complete",
    response={204: None},
    summary=gettext_noop("Complete a thumbnail"),
    description=gettext_noop("Checks that storage has it; only then is it displayed. Can be repeated."),
)
def complete_thumbnail(request: HttpRequest, file_id: str) -> HttpResponse:
    thumbnails.complete(file=owned_file(request, file_id), caller=caller_of(request), now=timezone.now())
    return HttpResponse(status=204)
