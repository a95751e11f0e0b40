"""Links to the caller's own files, for programs that pass them on."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import SessionAuth, TokenAuth, caller_of
from shares.api.batches import problem_out
from shares.api.request_schemas import LinksIn
from shares.api.response_schemas import OwnLinkOut, OwnLinksOut
from shares.callers import READ
from shares.errors import Refusal
from shares.services.downloads import links

router = Router(tags=[gettext_noop("Downloads")])


@router.post(
    "/links",
    response=OwnLinksOut,
    auth=[TokenAuth(READ), SessionAuth()],
    summary=gettext_noop("URLs of up to 100 of your own files"),
    description=gettext_noop(
        "Of any of your shares. Takes no download and needs no password; the history shows who requested the URL. A "
        "URL works for as long as the server allows for the type of its file (`expires_in`), at most 7 days and at most "
        "until its share expires. Anyone who has the URL can use it until then. A file of a strict share has a URL of "
        "this server, which needs the token too. The scope “read” is enough."
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
