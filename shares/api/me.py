"""Who is calling, what they have left, what this server allows, and the session of the site's own pages."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import SessionAuth, caller_of
from shares.api.request_schemas import MAX_FILES_PER_CALL
from shares.api.response_schemas import LimitsOut, MeOut, QuotaOut, SessionOut
from shares.errors import NotSignedIn
from shares.services.limits import limits, remaining_quota
from shares.storage import share_storage

router = Router(tags=[gettext_noop("You")])


@router.get("/me", response=MeOut, summary=gettext_noop("Your account, your quota and the limits of this server"))
def me(request: HttpRequest) -> MeOut:
    caller = caller_of(request)
    if caller.user is None:
        raise NotSignedIn
    user, allowed, remaining = caller.user, limits(), remaining_quota(caller.user)
    return MeOut(
        email=user.email,
        name=user.name,
        scopes=None if caller.scopes is None else sorted(caller.scopes),
        quota=QuotaOut(
            bytes=user.quota,
            used_bytes=user.used_bytes,
            left_bytes=remaining.bytes,
            files=user.file_quota,
            used_files=user.used_files,
            left_files=remaining.files,
        ),
        limits=LimitsOut(
            max_file_bytes=allowed.max_file_bytes,
            max_files_per_share=allowed.max_files_per_share,
            max_files_per_call=MAX_FILES_PER_CALL,
            default_expiry_seconds=settings.DEFAULT_EXPIRY_DAYS * 86400,
            max_expiry_seconds=int(allowed.max_expiry.total_seconds()),
            may_never_expire=allowed.never_expire,
            checksums=share_storage().checksums,
        ),
    )


@router.get(
    "/session",
    response=SessionOut,
    auth=SessionAuth(),
    summary=gettext_noop("The session of a page"),
    description=gettext_noop("For the pages of the site; a token has no session."),
)
def session(request: HttpRequest) -> SessionOut:
    """Who is signed in, and the CSRF token that calls of a page need by now.

    The token's cookie is closed to scripts, and a sign-in in another tab exchanges it; a page that is sending files
    reads it here and continues. Other sites cannot read the response, just as they cannot read a page.
    """
    user = caller_of(request).user
    return SessionOut(account=str(user.pk) if user else "", csrf=get_token(request))
