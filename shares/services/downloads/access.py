"""Access: whether a visit may see a share or download its files. Every refusal of a download is recorded here."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.db import fast_path
from shares.errors import Locked, NotFound, NotReady, Refusal
from shares.models import Event, Share, SharedFile
from shares.services import events, passwords
from shares.services.downloads import grants
from shares.services.downloads.delivery import storage_unavailable
from shares.services.downloads.grants import TokenClaims
from shares.services.downloads.visits import Visit


@dataclass(frozen=True, slots=True)
class Admission:
    """How a visit may download: as the owner, with ``grant``, or by taking a download of the limit."""

    is_owner: bool
    grant: TokenClaims | None


def admit(*, share: Share, files: Sequence[SharedFile], visit: Visit) -> Admission:
    """Check everything that can refuse a download, before it is counted. Raises a recorded Refusal.

    A URL that cannot be signed, or that leads to a storage that is unavailable, costs nobody a download.
    """
    admission = _identify(share, visit)
    granted = admission.is_owner or admission.grant is not None
    unlocked = is_unlocked(share, visit)
    refusal = policies.may_download(share, files, visit.now, granted=granted, unlocked=unlocked or bool(visit.password))
    if refusal is None and not unlocked:
        unlock(share=share, visit=visit)
    refusal = refusal or storage_unavailable(fresh=True, exact=not granted)
    if refusal is not None:
        raise record_refusal(refusal, share, visit, _refused_file(refusal, files))
    return admission


def granted_file(*, share_id: str, file_id: str, visit: Visit) -> SharedFile:
    """A file that may be fetched, once more or from the middle, with the presented grant; counts and signs nothing.

    Raises Locked without a grant, NotFound, or the refusal of the share or file.
    """
    file = fast_path.load_file(file_id, share_id)
    if file is None:
        raise NotFound
    granted = has_grant(file.share, visit)
    refusal = policies.may_download(file.share, [file], visit.now, granted=granted, unlocked=granted)
    if refusal is not None:
        raise record_refusal(_start_first(refusal), file.share, visit, file)
    return file


def require_grant(share: Share, visit: Visit) -> None:
    """Raises Locked, unless the visit presents a grant or is the owner's."""
    if not has_grant(share, visit):
        raise _start_first(Locked())


def has_grant(share: Share, visit: Visit) -> bool:
    """Whether the visit presents a grant of this share, or is the owner's, who needs none."""
    return policies.owns(share, visit.caller) or grants.read_grant(visit.tokens.grant, share, visit.now) is not None


def is_unlocked(share: Share, visit: Visit) -> bool:
    """Whether no password is missing: there is none, the visit has presented it before, or it is the owner's."""
    return policies.owns(share, visit.caller) or grants.is_unlocked(visit.tokens, share, visit.now)


def require_access(*, share: Share, visit: Visit) -> bool:
    """Whether the visit has a grant, or is the owner's, who needs none. Records nothing.

    Raises Removed, Expired, UsedUp, or Locked while a password is required.
    """
    granted = has_grant(share, visit)
    if share.used_up_at is not None and not granted:
        granted = grants.find_existing_grant(visit.tokens.browser, share, visit.now) is not None
    policies.require(policies.may_open(share, visit.now, granted=granted, unlocked=is_unlocked(share, visit)))
    return granted


def unlock(*, share: Share, visit: Visit) -> str:
    """The unlock token for the right password. Raises a recorded Refusal for an ended share or a wrong password."""
    refusal = policies.reachable(share, visit.now)
    if refusal is not None:
        raise record_refusal(refusal, share, visit)
    if share.has_password:
        passwords.check(share=share, password=visit.password, caller=visit.caller, now=visit.now)
        events.record(Event.Kind.UNLOCKED, caller=visit.caller, share=share, now=visit.now)
    return grants.unlock_token(share, visit.now)


def record_opening(*, share: Share, visit: Visit) -> None:
    """Record that a person has the page open; this counts against nothing."""
    if policies.reachable(share, visit.now) is None:
        events.record(Event.Kind.OPENED, caller=visit.caller, share=share, now=visit.now)


def record_refusal(refusal: Refusal, share: Share, visit: Visit, file: SharedFile | None = None) -> Refusal:
    """The refusal, recorded, to be raised."""
    return events.record_refusal(refusal, caller=visit.caller, share=share, file=file, now=visit.now)


def _identify(share: Share, visit: Visit) -> Admission:
    if policies.owns(share, visit.caller):
        return Admission(is_owner=True, grant=None)
    grant = grants.read_grant(visit.tokens.grant, share, visit.now)
    return Admission(is_owner=False, grant=grant or grants.find_existing_grant(visit.tokens.browser, share, visit.now))


def _refused_file(refusal: Refusal, files: Sequence[SharedFile]) -> SharedFile | None:
    """The file that ``refusal`` is about; None if it is about the share."""
    if not isinstance(refusal, NotFound | NotReady):
        return None
    return next((file for file in files if policies.downloadable(file) is not None), None)


def _start_first(refusal: Refusal) -> Refusal:
    """``Locked`` with the text for a request that continues a download which was never started."""
    if isinstance(refusal, Locked):
        return Locked(_("Press the download button on the page of this share first."))
    return refusal
