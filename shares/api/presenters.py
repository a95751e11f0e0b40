"""Rows as the JSON shows them."""

from base64 import b64encode

from django.http import HttpRequest

from shares.api.response_schemas import FileOut, Problem, ShareLine, SlotOut
from shares.errors import Refusal
from shares.http import refusals
from shares.models import SharedFile
from shares.services.sharing.summaries import Summary


def file_out(file: SharedFile, *, has_checksums: bool = True) -> FileOut:
    """``file`` must come with its upload. Without checksums where a recipient gets other bytes than those stored."""
    checksum = None
    if has_checksums and file.checksum is not None:
        checksum = b64encode(bytes(file.checksum)).decode()
        if file.upload.direct_until is None:
            checksum += f"-{file.upload.part_count}"
    return FileOut(
        id=file.pk,
        name=file.name,
        path=file.path,
        size=file.size,
        content_type=file.content_type,
        state=file.state.value,
        checksum=checksum,
        sha256=(has_checksums and file.sha256_hex) or None,
    )


def slot_out(file: SharedFile) -> SlotOut:
    return SlotOut(**vars(file_out(file)), part_size=file.upload.part_size, parts=file.upload.part_count)


def share_columns(request: HttpRequest, summary: Summary) -> dict[str, object]:
    share = summary.share
    return {
        "id": share.pk,
        # Under the host that the caller used, as the pages have it: one that the caller's recipients can reach too.
        "url": request.build_absolute_uri(f"/share/{share.pk}"),
        "title": share.title,
        "message": share.message,
        "state": summary.state.value,
        "created_at": share.created_at,
        "expires_at": share.expires_at,
        "max_downloads": share.max_downloads,
        "downloads": summary.downloads,
        "remaining": share.remaining,
        "has_password": share.has_password,
        "strict": share.strict,
        "ask_again": share.reshare_requests_enabled,
        "preset": None if share.preset is None else share.preset.slug,
        "size": summary.size,
        "file_count": summary.files,
        "ready_count": summary.ready,
    }


def problem_out(refusal: Refusal) -> Problem:
    return Problem.model_validate(refusals.problem(refusal) | {"retry_after": refusal.retry_after})


def share_line(request: HttpRequest, summary: Summary) -> ShareLine:
    return ShareLine.model_validate(share_columns(request, summary))
