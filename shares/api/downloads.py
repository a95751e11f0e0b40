"""Downloads, for those who have the link: no account, no token."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from shares import policies
from shares.api.access import any_share, optional_caller
from shares.api.schemas import MOST_LINKS_A_CALL, DownloadsIn, DownloadsOut, LinkOut
from shares.errors import Invalid, NotFound, NotReady
from shares.http.request_limits import KIB, max_body
from shares.models import Share, SharedFile
from shares.services.downloads import start
from shares.services.downloads.grants import Held

router = Router(tags=["Downloads"])


@router.post("/shares/{share_id}/downloads", response=DownloadsOut, auth=None, summary="Take a download")
@max_body(64 * KIB)
def take_downloads(request: HttpRequest, share_id: str, body: DownloadsIn | None = None) -> DownloadsOut:
    """Takes one download of the share, whatever the number of files; none at all under a ``grant`` already held.

    The links work for a minute or two; ask again with the grant for fresh ones. With a token of the share's owner that
    has the scope "read", no download is taken, no password is needed, and ``grant`` is empty: show the token instead.
    """
    body = body or DownloadsIn.model_validate({})
    share = any_share(share_id)
    download = start.take(
        share=share,
        files=_find_files(share, body.files),
        caller=optional_caller(request),
        held=Held(grant=body.grant),
        now=timezone.now(),
        password=body.password,
    )
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


def _find_files(share: Share, file_ids: list[str] | None) -> list[SharedFile]:
    """The files named, in that order, or all that are ready."""
    if file_ids is None:
        ready = list(share.files.ready()[: MOST_LINKS_A_CALL + 1])
        if len(ready) > MOST_LINKS_A_CALL:
            raise Invalid(
                _("This share has more files than that: name up to %(limit)d.") % {"limit": MOST_LINKS_A_CALL},
                field="files",
            )
        first = None if ready else share.files.not_removed().first()
        if first is not None:
            raise policies.downloadable(first) or NotReady()
        return ready
    # A NUL would be an error of the database rather than an id that is not there.
    files_by_id = {
        file.pk: file for file in share.files.not_removed().filter(pk__in=[pk for pk in file_ids if "\0" not in pk])
    }
    missing = [pk for pk in file_ids if pk not in files_by_id]
    if missing:
        raise NotFound(_("There is no such file in this share."))
    return [files_by_id[pk] for pk in dict.fromkeys(file_ids)]
