"""Batches: URLs and completion for up to 100 small files a call. One bad file does not spoil the others."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import caller_of
from shares.api.digests import part_digest, whole_digest
from shares.api.presenters import file_out, problem_out
from shares.api.request_schemas import FileRequestsIn, SentFilesIn
from shares.api.response_schemas import FinishedFileOut, FinishedFilesOut, SignedFileOut, SignedFilesOut
from shares.errors import Refusal
from shares.http.request_limits import KIB, max_body
from shares.services.uploads import batches
from shares.services.uploads.batches import CompletedFile, FileRequest

router = Router(tags=[gettext_noop("Uploads")])


@router.post(
    "/uploads/sign",
    response=SignedFilesOut,
    summary=gettext_noop("URLs for up to 100 files of one part each"),
    description=gettext_noop(
        "The files may belong to any of your shares. Each URL stores one file of exactly the announced length "
        "and checksum, once."
    ),
)
@max_body(32 * KIB)
def sign_files(request: HttpRequest, body: FileRequestsIn) -> SignedFilesOut:
    requests = [
        FileRequest(file.id, part_digest(file.checksum_sha256), part_digest(file.checksum_md5)) for file in body.files
    ]
    outcomes = batches.sign(requests=requests, caller=caller_of(request), now=timezone.now())
    files = [
        SignedFileOut(id=file_request.file_id, url=None, problem=problem_out(outcome))
        if isinstance(outcome, Refusal)
        else SignedFileOut(id=file_request.file_id, url=outcome.url, headers=dict(outcome.headers))
        for file_request, outcome in zip(requests, outcomes, strict=True)
    ]
    lives = [outcome.expires_in for outcome in outcomes if not isinstance(outcome, Refusal)]
    return SignedFilesOut(files=files, expires_in=min(lives, default=settings.UPLOAD_URL_SECONDS))


@router.post(
    "/uploads/complete",
    response=FinishedFilesOut,
    summary=gettext_noop("Complete up to 100 files"),
    description=gettext_noop(
        "Compares each file with what was announced; only then can it be downloaded. Can be repeated."
    ),
)
@max_body(32 * KIB)
def complete_files(request: HttpRequest, body: SentFilesIn) -> FinishedFilesOut:
    sent_files = [CompletedFile(file.id, whole_digest(file.sha256)) for file in body.files]
    finished = batches.complete(completed_files=sent_files, caller=caller_of(request), now=timezone.now())
    files = [
        FinishedFileOut(id=sent_file.file_id, problem=problem_out(outcome))
        if isinstance(outcome, Refusal)
        else FinishedFileOut(id=sent_file.file_id, file=file_out(outcome))
        for sent_file, outcome in zip(sent_files, finished, strict=True)
    ]
    return FinishedFilesOut(files=files)
