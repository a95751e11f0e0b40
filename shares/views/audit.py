"""The history of the caller's own shares as a file."""

from datetime import UTC, datetime

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shares.errors import Invalid
from shares.http.guards import owned, signed_in
from shares.http.requests import Request
from shares.models import Share
from shares.services.sharing import audit_export


@require_safe
@owned
def export_share(request: Request, share: Share, file_format: str) -> StreamingHttpResponse:
    return _export(request, file_format, share.pk)


@require_safe
@signed_in
def export_all(request: Request, file_format: str) -> StreamingHttpResponse:
    return _export(request, file_format)


def _export(request: Request, file_format: str, share_id: str = "") -> StreamingHttpResponse:
    events = audit_export.select(
        owner=request.caller.user, share_id=share_id, since=_moment(request, "since"), until=_moment(request, "until")
    )
    rows = audit_export.read_rows(events)
    return StreamingHttpResponse(
        audit_export.WRITERS[file_format](rows),
        content_type=audit_export.MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="history.{file_format}"', "Cache-Control": "no-store"},
    )


def _moment(request: Request, name: str) -> datetime | None:
    """A date or time of the query, UTC without a zone. Raises Invalid."""
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("Write a date such as 2030-01-31."), field=name) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
