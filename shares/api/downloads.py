"""Downloads, for those who have the link: no account, no token."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from shares import policies
from shares.api.access import any_share, optional_caller
from shares.api.request_schemas import MAX_LINKS_PER_CALL, DownloadsIn
from shares.api.response_schemas import DownloadsOut, LinkOut
from shares.errors import Invalid, NotReady
from shares.http.request_limits import KIB, max_body
from shares.models import Share, SharedFile
from shares.services.downloads.selection import find_files
from shares.services.downloads.start import start_download
from shares.services.downloads.visits import PresentedTokens, Visit

router = Router(tags=["Downloads"])


@router.post("/shares/{share_id}/downloads", response=DownloadsOut, auth=None, summary="Take a download")
@max_body(64 * KIB)
def start_downloads(request: HttpRequest, share_id: str, body: DownloadsIn | None = None) -> DownloadsOut:
    """Takes one download of the share, whatever the number of files; none at all under a ``grant`` already held.

    The links work for a minute or two; ask again with the grant for fresh ones. With a token of the share's owner that
    has the scope "read", no download is taken, no password is needed, and ``grant`` is empty: show the token instead.
    """
    body = body or DownloadsIn.model_validate({})
    caller = optional_caller(request)
    share = any_share(share_id)
    files = _requested_files(share, body.files)
    visit = Visit(caller, timezone.now(), PresentedTokens(grant=body.grant), body.password)
    download = start_download(share=share, files=files, visit=visit)
    share.refresh_from_db(fields=["download_count", "max_downloads"])
    return DownloadsOut(
        grant=download.grant,
        grant_expires_at=download.grant_expires_at,
        downloads=[
            LinkOut(file_id=link.file_id, url=request.build_absolute_uri(link.url), expires_in=link.expires_in)
            for link in download.links
        ],
        remaining=share.remaining,
    )


def _requested_files(share: Share, file_ids: list[str] | None) -> list[SharedFile]:
    """The files named, in that order, or all that are ready."""
    if file_ids is None:
        ready = list(share.files.ready()[: MAX_LINKS_PER_CALL + 1])
        if len(ready) > MAX_LINKS_PER_CALL:
            text = _("This share has more files than that: name up to %(limit)d.")
            raise Invalid(text % {"limit": MAX_LINKS_PER_CALL}, field="files")
        first = None if ready else share.files.not_removed().first()
        if first is not None:
            raise policies.downloadable(first) or NotReady()
        return ready
    return list(find_files(share, file_ids).values())
