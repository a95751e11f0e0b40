"""Who is calling, what they have left, and what this server allows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Router

from shares.api.access import caller_of
from shares.api.request_schemas import MAX_FILES_PER_CALL
from shares.api.response_schemas import LimitsOut, MeOut, QuotaOut
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
