"""Shares: created, edited and revoked by their owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from shares import policies
from shares.callers import Caller
from shares.errors import ChangedMeanwhile, Invalid, NotSignedIn, Refusal
from shares.formats import format_moment
from shares.models import Event, Grant, Guess, Share
from shares.services import events, passwords
from shares.services.limits import limits
from shares.services.sharing import files
from shares.services.sharing.files import FileSpec
from shares.services.text import clean_text

TITLE_LENGTH = 200
MESSAGE_LENGTH = 5000


class ShareChanges(TypedDict, total=False):
    """What an edit may set; a key left out stays as it was. ``password`` empty takes the password away."""

    title: str
    message: str
    expires_at: datetime | None
    max_downloads: int | None
    password: str
    strict: bool
    ask_again: bool


class ShareOriginal(TypedDict, total=False):
    """What a form showed when it was drawn; times to the second. A key left out is not looked at."""

    title: str
    message: str
    expires_at: datetime | None
    max_downloads: int | None
    password_version: int


def create(*, caller: Caller, wanted: ShareChanges, specs: Sequence[FileSpec], now: datetime) -> Share:
    """A new share with slots for ``specs``: all of it or nothing. ``wanted`` must hold ``expires_at``."""
    if caller.user is None:
        raise NotSignedIn
    columns = _columns(wanted, now)
    columns["password"] = passwords.hashed(wanted.get("password", ""))
    share = Share(owner=caller.user, created_at=now, **columns)
    with transaction.atomic():
        share.save(force_insert=True)
        events.record(Event.Kind.CREATED, caller=caller, share=share, now=now)
        files.reserve(share=share, specs=specs, now=now)
    return share


def edit(
    *, share: Share, caller: Caller, changes: ShareChanges, now: datetime, original: ShareOriginal | None = None
) -> Share:
    """Change what ``changes`` names, and nothing else. Raises Invalid, Removed, Expired or NotFound.

    ``original`` is what the person had before them: a field that has become something else since is not overwritten,
    and nothing is (ChangedMeanwhile). The row is locked first and counted second, so that a new cap sees every grant
    given out before it.
    """
    _raise(policies.owner_only(share, caller) or policies.editable(share))
    columns = _columns(changes, now)
    new_hash = passwords.hashed(changes["password"]) if "password" in changes else None
    with transaction.atomic():
        locked = Share.objects.select_for_update(of=("self",)).select_related("owner").get(pk=share.pk)
        _raise(policies.editable(locked))
        _raise(_conflict(locked, columns, original or {}, password=new_hash is not None))
        for name, value in columns.items():
            setattr(locked, name, value)
        if new_hash is not None and (new_hash or locked.password):
            _set_password(locked, new_hash)
        if "max_downloads" in columns:
            _set_cap(locked, now)
        locked.save()
        events.record(Event.Kind.EDITED, caller=caller, share=locked, now=now, detail=", ".join(sorted(changes)))
    return locked


def _conflict(
    share: Share, columns: dict[str, object], original: ShareOriginal, *, password: bool
) -> ChangedMeanwhile | None:
    """Fields whose value is neither the one that was shown nor the one that is wanted now."""
    fields = [
        name
        for name, value in columns.items()
        if name in original
        and _to_second(getattr(share, name)) not in (_to_second(original.get(name)), _to_second(value))
    ]
    if password and original.get("password_version", share.password_version) != share.password_version:
        fields.append("password")
    return ChangedMeanwhile(tuple(fields)) if fields else None


def _to_second(value: object) -> object:
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def revoke(*, share: Share, caller: Caller, now: datetime) -> None:
    """End a share at once: no click after this is answered, and the next sweep deletes the bytes. Idempotent."""
    _raise(policies.owner_only(share, caller))
    end(share=share, caller=caller, now=now, kind=Event.Kind.REVOKED)


def end(*, share: Share, caller: Caller, now: datetime, kind: Event.Kind) -> bool:
    """Stamp the revocation, once. For the owner through ``revoke`` and for admins, who may end any share."""
    with transaction.atomic():
        updated = Share.objects.filter(pk=share.pk, revoked_at__isnull=True, purged_at__isnull=True).update(
            revoked_at=now
        )
        if updated:
            events.record(kind, caller=caller, share=share, now=now, detail="" if kind == kind.REVOKED else "revoked")
    return updated == 1


def extend(*, share: Share, caller: Caller, by: timedelta, now: datetime) -> None:
    """An admin's later expiry for anybody's share, while its bytes are still there: ``by`` later than it was, or than
    now. Raises ChangedMeanwhile where another edit came between reading ``share`` and this.
    """
    expires_at = extended(share, by, now)
    _raise(policies.expiry(expires_at, now, limits()))
    with transaction.atomic():
        unended = Share.objects.filter(pk=share.pk, revoked_at__isnull=True, purging_at__isnull=True)
        if not unended.filter(expires_at=share.expires_at).update(expires_at=expires_at):
            share.refresh_from_db()
            raise policies.editable(share) or ChangedMeanwhile(("expires_at",))
        detail = f"extended to {format_moment(expires_at)} UTC"
        events.record(Event.Kind.ADMIN, caller=caller, share=share, now=now, detail=detail)


def extended(share: Share, extension: timedelta, now: datetime) -> datetime:
    """The share's expiry, or now where that has passed, plus ``extension``. Raises Invalid."""
    if share.expires_at is None:
        raise Invalid(_("This share never expires, so it can't be extended."), field="expires_at")
    return max(now, share.expires_at) + extension


def _columns(changes: ShareChanges, now: datetime) -> dict[str, object]:
    """Cleaned and judged column values for all but the password."""
    columns: dict[str, object] = {}
    if "title" in changes:
        columns["title"] = clean_text(changes["title"], most=TITLE_LENGTH, field="title").replace("\n", " ")
    if "message" in changes:
        columns["message"] = clean_text(changes["message"], most=MESSAGE_LENGTH, field="message")
    if "expires_at" in changes:
        _raise(policies.expiry(changes["expires_at"], now, limits()))
        columns["expires_at"] = changes["expires_at"]
    if "max_downloads" in changes:
        _raise(policies.cap(changes["max_downloads"]))
        columns["max_downloads"] = changes["max_downloads"]
    if "strict" in changes:
        columns["strict"] = changes["strict"]
    if "ask_again" in changes:
        columns["ask_again"] = changes["ask_again"]
    return columns


def _set_password(share: Share, new_hash: str) -> None:
    """A new version ends every grant and unlock given out under the old one."""
    share.password = new_hash
    share.password_version += 1
    Guess.objects.filter(share=share).delete()


def _set_cap(share: Share, now: datetime) -> None:
    """The cap counts from the grants given out so far; a cap below them is met, and a wider one reopens the share."""
    if share.max_downloads is None:
        share.downloads_taken = 0
        share.used_up_at = None
        return
    issued = Grant.objects.filter(share=share).count()
    share.downloads_taken = min(issued, share.max_downloads)
    share.used_up_at = (share.used_up_at or now) if issued >= share.max_downloads else None


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
