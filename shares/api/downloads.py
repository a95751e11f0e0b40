"""Downloads for those who have the link, without an account or token; and links for programs to their owner's files."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from ninja import Router

from shares import policies
from shares.api.access import SessionAuth, TokenAuth, any_share, caller_of, optional_caller
from shares.api.presenters import problem_out
from shares.api.request_schemas import MAX_LINKS_PER_CALL, DownloadsIn, LinksIn
from shares.api.response_schemas import DownloadsOut, LinkOut, OwnLinkOut, OwnLinksOut
from shares.callers import READ
from shares.errors import Invalid, NotReady, Refusal
from shares.http.request_limits import KIB, max_body
from shares.models import Share, SharedFile
from shares.services.downloads import links
from shares.services.downloads.delivery import Link, delivery_of
from shares.services.downloads.selection import find_files
from shares.services.downloads.start import start_download
from shares.services.downloads.visits import PresentedTokens, Visit

router = Router(tags=[gettext_noop("Downloads")])


@router.post(
    "/shares/{share_id}/downloads",
    response=DownloadsOut,
    auth=None,
    summary=gettext_noop("Start a download"),
    description=gettext_noop(
        "Uses one download of the share for any number of files, and none with the grant of an earlier "
        "response. The links work for a minute or two; send the grant for new ones. With a token of the owner "
        "that has the scope “read” no download is used, no password is needed, and the grant is empty: send "
        "the token instead."
    ),
)
@max_body(64 * KIB)
def start_downloads(request: HttpRequest, share_id: str, body: DownloadsIn | None = None) -> DownloadsOut:
    body = body or DownloadsIn.model_validate({})
    caller = optional_caller(request)
    share = any_share(share_id)
    files = _requested_files(share, body.files)
    visit = Visit(caller, timezone.now(), PresentedTokens(grant=body.grant), body.password)
    download = start_download(share=share, files=files, visit=visit)
    delivery = delivery_of(share)
    files_by_id = {file.pk: file for file in files}
    share.refresh_from_db(fields=["download_count", "max_downloads"])
    return DownloadsOut(
        grant=download.grant,
        grant_expires_at=download.grant_expires_at,
        downloads=[
            _link_out(
                request, link, delivery.head_url(files_by_id[link.file_id], visit.caller, seconds=link.expires_in)
            )
            for link in download.links
        ],
        remaining=share.remaining,
    )


@router.post(
    "/links",
    response=OwnLinksOut,
    auth=[TokenAuth(READ), SessionAuth()],
    summary=gettext_noop("URLs of up to 100 of your own files"),
    description=gettext_noop(
        "Of any of your shares. Takes no download and needs no password; the history shows who requested the URL. A "
        "URL works for as long as the server allows for the type of its file (`expires_in`), at most 7 days and at "
        "most until its share expires. Anyone who has the URL can use it until then. A file of a strict share has a "
        "URL of this server, which needs the token too. The scope “read” is enough."
    ),
)
def create_links(request: HttpRequest, body: LinksIn) -> OwnLinksOut:
    outcomes = links.create(file_ids=body.files, seconds=body.seconds, caller=caller_of(request), now=timezone.now())
    return OwnLinksOut(
        links=[
            OwnLinkOut(file_id=file_id, problem=problem_out(outcome))
            if isinstance(outcome, Refusal)
            else OwnLinkOut(file_id=file_id, url=request.build_absolute_uri(outcome.url), expires_in=outcome.expires_in)
            for file_id, outcome in zip(body.files, outcomes, strict=True)
        ]
    )


def _link_out(request: HttpRequest, link: Link, head_url: str | None) -> LinkOut:
    url = request.build_absolute_uri(link.url)
    return LinkOut(file_id=link.file_id, url=url, expires_in=link.expires_in, head_url=head_url or url)


def _requested_files(share: Share, file_ids: list[str] | None) -> list[SharedFile]:
    """The files named, in that order, or all that are ready."""
    if file_ids is None:
        ready = list(share.files.ready()[: MAX_LINKS_PER_CALL + 1])
        if len(ready) > MAX_LINKS_PER_CALL:
            raise Invalid(
                _("This share has more files than that: name up to %(limit)d."), field="files", limit=MAX_LINKS_PER_CALL
            )
        first = None if ready else share.files.not_removed().first()
        if first is not None:
            raise policies.downloadable(first) or NotReady()
        return ready
    return list(find_files(share, file_ids).values())
