"""Authorization rules: pure functions of models, caller and time that return None or a Refusal.

They write nothing, use no network, and take the time as an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_stubs_ext import StrOrPromise

from shares.callers import READ, WRITE, Caller
from shares.errors import (
    Expired,
    Forbidden,
    Invalid,
    Locked,
    NotFound,
    NotReady,
    NotSignedIn,
    Refusal,
    Removed,
    Scanning,
    Suspended,
    TooLarge,
    UsedUp,
    Withheld,
)
from shares.formats import format_expiry
from shares.models import Share, SharedFile

# Of this server, and of the preset of a share.
# Of a file with a virus, the catalog has the text.
WITHHELD_TEXTS = {
    SharedFile.Withheld.BLOCK.value: _("An administrator has blocked this file."),
    SharedFile.Withheld.TYPE.value: _("This type of file can't be shared here."),
}
NEVER_TEXTS = (_("A share must expire on this server."), _("A share with the preset “%(preset)s” must expire."))
MAX_EXPIRY_TEXTS = (
    _("The expiry can be at most %(length)s away."),
    _("With the preset “%(preset)s”, the expiry can be at most %(length)s away."),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What this server allows, for a share with the preset named ``preset`` or for any ("")."""

    max_expiry: timedelta
    never_expire: bool
    max_file_bytes: int
    max_files_per_share: int
    preset: str = ""
    max_downloads: int | None = None
    password_required: bool = False
    strict_required: bool = False


def require(refusal: Refusal | None) -> None:
    """Raise the refusal of a rule, if there is one."""
    if refusal is not None:
        raise refusal


def owner_only(share: Share, caller: Caller, scope: str = WRITE) -> Refusal | None:
    """For anyone but its owner, the share does not exist."""
    if caller.user is None:
        return NotSignedIn()
    if share.owner_id != caller.user.pk:
        return NotFound()
    return None if caller.may(scope) else Forbidden(_("This token does not have the scope for that."))


def owns(share: Share, caller: Caller) -> bool:
    """Whether the caller is the owner, who downloads without the limit and without the password."""
    return owner_only(share, caller, READ) is None


def editable(share: Share) -> Refusal | None:
    """Expired and used-up shares may still be changed (extended) until their purge begins; removed ones may not."""
    if share.revoked_at is not None:
        return Removed(_("This share was removed and can't be changed."))
    if share.suspended_at is not None:
        return Suspended(_("An administrator has blocked this share; it can't be changed."))
    if share.purging_at is not None:
        return Expired(_("The files of this share are being deleted; it can't be changed anymore."))
    return None


def reachable(share: Share, now: datetime, *, granted: bool = False) -> Refusal | None:
    """May the link be followed at all? ``granted`` browsers go on in the grace period after the last download."""
    if share.revoked_at is not None or not share.owner.is_active:
        return Removed()
    if share.suspended_at is not None:
        return Suspended()
    if share.expires_at is not None and share.expires_at <= now:
        return Expired()
    if share.used_up_at is not None and not granted:
        return UsedUp()
    if share.purging_at is not None:
        return UsedUp() if share.used_up_at is not None else Expired()
    return None


def may_request_reshare(share: Share, now: datetime) -> Refusal | None:
    """May a recipient request the files again? Not of a share that the owner or an administrator ended."""
    refusal = reachable(share, now)
    if share.reshare_requests_enabled and isinstance(refusal, Expired | UsedUp):
        return None
    return NotFound(_("This share can't be requested again."))


def may_open(share: Share, now: datetime, *, granted: bool, unlocked: bool) -> Refusal | None:
    """May the contents of the share be listed? ``unlocked``: no password is missing."""
    return reachable(share, now, granted=granted) or (None if unlocked else Locked())


def may_download(
    share: Share, files: Sequence[SharedFile], now: datetime, *, granted: bool, unlocked: bool
) -> Refusal | None:
    """May ``files`` of the share be downloaded? The first refusal, in the order in which a person can act on them."""
    if not files:
        return reachable(share, now, granted=granted) or NotFound(_("There is no such file in this share."))
    refusals = (refusal for file in files if (refusal := downloadable(file)) is not None)
    return reachable(share, now, granted=granted) or next(refusals, None) or (None if unlocked else Locked())


def downloadable(file: SharedFile) -> Refusal | None:
    if file.removed_at is not None or file.purged_at is not None:
        return NotFound(_("This file is no longer part of the share."))
    if file.ready_at is not None:
        return None
    if file.withheld:
        return Withheld(WITHHELD_TEXTS.get(file.withheld))
    return NotReady() if file.stored_at is None else Scanning()


def receivable(file: SharedFile, share: Share, now: datetime) -> Refusal | None:
    """May bytes still arrive for this file?"""
    if file.removed_at is not None or file.purged_at is not None:
        return NotFound(_("This upload was canceled."))
    if share.expires_at is not None and share.expires_at <= now:
        return Expired(_("This share has expired; give it a later expiry to continue uploading."))
    return editable(share)


def expiry(expires_at: datetime | None, now: datetime, limits: Limits) -> Refusal | None:
    if expires_at is None:
        return None if limits.never_expire else _limits_refusal(limits, "expires_at", NEVER_TEXTS)
    if expires_at <= now:
        return Invalid(_("The expiry must be in the future."), field="expires_at")
    if expires_at > now + limits.max_expiry:
        return _limits_refusal(limits, "expires_at", MAX_EXPIRY_TEXTS, length=format_expiry(limits.max_expiry))
    return None


def _limits_refusal(limits: Limits, field: str, texts: tuple[StrOrPromise, StrOrPromise], length: str = "") -> Invalid:
    """``texts`` are those of a limit of this server, and of one that the preset of the share sets."""
    return Invalid(texts[bool(limits.preset)], field=field, preset=limits.preset, length=length)


def cap(max_downloads: int | None, limits: Limits) -> Refusal | None:
    if max_downloads is not None and not 1 <= max_downloads <= 1_000_000_000:
        text = _("The number of downloads must be at least 1 (or empty for no limit).")
        return Invalid(text, field="max_downloads")
    if limits.max_downloads is None or (max_downloads is not None and max_downloads <= limits.max_downloads):
        return None
    text = ngettext_lazy(
        "With the preset “%(preset)s”, a share can have at most %(count)d download.",
        "With the preset “%(preset)s”, a share can have at most %(count)d downloads.",
        "count",
    )
    return Invalid(text, field="max_downloads", preset=limits.preset, count=limits.max_downloads)


def protection(limits: Limits, *, has_password: bool) -> Refusal | None:
    """May a share be without a password?"""
    if has_password or not limits.password_required:
        return None
    text = _("With the preset “%(preset)s”, a share needs a password.")
    return Invalid(text, field="password", preset=limits.preset)


def strictness(limits: Limits, *, strict: bool) -> Refusal | None:
    """May the URLs of a share leave this server?"""
    if strict or not limits.strict_required:
        return None
    return Invalid(_("With the preset “%(preset)s”, a share needs strict mode."), field="strict", preset=limits.preset)


def size(number: int, limits: Limits) -> Refusal | None:
    if number < 0:
        return Invalid(_("A file's size can't be negative."), field="size")
    return TooLarge(_("This file is larger than this server accepts.")) if number > limits.max_file_bytes else None
