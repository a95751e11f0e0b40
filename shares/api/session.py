"""The session of the site's own pages: who is signed in, and the CSRF token that their calls need by now.

The token's cookie is closed to scripts, and a sign-in in another tab exchanges it; a page that is sending files reads
it here and continues. Other sites cannot read the response, just as they cannot read a page.
"""

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import SessionAuth, caller_of
from shares.api.response_schemas import SessionOut

router = Router(tags=[gettext_noop("You")])


@router.get(
    "/session",
    response=SessionOut,
    auth=SessionAuth(),
    summary=gettext_noop("The session of a page"),
    description=gettext_noop("For the pages of the site; a token has no session."),
)
def session(request: HttpRequest) -> SessionOut:
    user = caller_of(request).user
    return SessionOut(account=str(user.pk) if user else "", csrf=get_token(request))
