"""Shares: created, edited and revoked by their owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict, cast

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shares import policies
from shares.callers import Caller
from shares.errors import ChangedMeanwhile, Invalid, NotSignedIn, Refusal
from shares.models import Event, Grant, PasswordAttempt, Preset, Share
from shares.services import events, passwords, rate_limits
from shares.services.event_details import format_values
from shares.services.limits import limits
from shares.services.sharing import files, presets
from shares.services.sharing.files import FileSpec
from shares.services.text import clean_text

TITLE_LENGTH = 200
MESSAGE_LENGTH = 5000


class ShareChanges(TypedDict, total=False):
    """The values of an edit; a missing key leaves its value unchanged. An empty ``password`` removes the password."""

    title: str
    message: str
    expires_at: datetime | None
    max_downloads: int | None
    password: str
    strict: bool
    reshare_requests_enabled: bool
    preset: Preset | None


class ShareOriginal(TypedDict, total=False):
    """The values when a form was loaded; times to the second. A missing key is not compared."""

    title: str
    message: str
    expires_at: datetime | None
    max_downloads: int | None
    password_version: int
    preset: Preset | None


def create(*, caller: Caller, values: ShareChanges, specs: Sequence[FileSpec], now: datetime) -> Share:
    """A new share with slots for ``specs``: all of it or nothing. What ``values`` lack is that of the preset, which is
    the default one if ``values`` lack it too.
    """
    if caller.user is None:
        raise NotSignedIn
    values = presets.fill(values, now)
    columns = _columns(values, now)
    columns["password"] = passwords.hash_password(values.get("password", ""))
    policies.require(_beyond_preset(values.get("preset"), columns, now, has_password=bool(columns["password"])))
    share = Share(owner=caller.user, created_at=now, **columns)
    with rate_limits.consume_share(caller), transaction.atomic():
        share.save(force_insert=True)
        events.record(Event.Kind.CREATED, caller=caller, share=share, now=now)
        files.reserve(share=share, specs=specs, now=now)
    return share


def edit(
    *, share: Share, caller: Caller, changes: ShareChanges, now: datetime, original: ShareOriginal | None = None
) -> Share:
    """Change the fields in ``changes``, and no others. Raises Invalid, Removed, Expired or NotFound.

    ``original`` are the values that the person saw: if a field has changed since, nothing is overwritten
    (ChangedMeanwhile). The row is locked before grants are counted, so that a new limit includes every grant before it.
    """
    policies.require(policies.owner_only(share, caller) or policies.editable(share))
    columns = _columns(changes, now)
    new_hash = passwords.hash_password(changes["password"]) if "password" in changes else None
    with transaction.atomic():
        locked = Share.objects.select_for_update(of=("self",)).select_related("owner", "preset").get(pk=share.pk)
        policies.require(policies.editable(locked))
        columns = presets.clamp(changes, locked, now) | columns
        policies.require(_conflict(locked, columns, original or {}, password=new_hash is not None))
        preset = changes.get("preset", locked.preset)
        password = locked.password if new_hash is None and "preset" in changes else new_hash
        has_password = None if password is None else bool(password)
        policies.require(_beyond_preset(preset, columns, now, has_password=has_password))
        for name, value in columns.items():
            setattr(locked, name, value)
        if new_hash is not None and (new_hash or locked.password):
            _set_password(locked, new_hash)
        if "max_downloads" in columns:
            _set_download_limit(locked, now)
        locked.save()
        events.record(Event.Kind.EDITED, caller=caller, share=locked, now=now, detail=", ".join(sorted(changes)))
    return locked


def _beyond_preset(
    preset: Preset | None, columns: dict[str, object], now: datetime, *, has_password: bool | None
) -> Refusal | None:
    """The first of ``columns`` that the preset does not allow. What is not changed may stay as it is, such as the
    password if ``has_password`` is None.
    """
    if preset is None:
        return None
    allowed, refusal = limits(preset), None
    if "expires_at" in columns:
        refusal = policies.expiry(cast("datetime | None", columns["expires_at"]), now, allowed)
    if refusal is None and "max_downloads" in columns:
        refusal = policies.cap(cast("int | None", columns["max_downloads"]), allowed)
    if refusal is None and "strict" in columns:
        refusal = policies.strictness(allowed, strict=bool(columns["strict"]))
    return refusal or policies.protection(allowed, has_password=has_password is not False)


def _conflict(
    share: Share, columns: dict[str, object], original: ShareOriginal, *, password: bool
) -> ChangedMeanwhile | None:
    """Fields whose value is neither the original nor the new one."""
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
    """End a share: from now on no download starts, and the next sweep deletes the files. Idempotent."""
    policies.require(policies.owner_only(share, caller))
    end(share=share, caller=caller, now=now, kind=Event.Kind.REVOKED)


def end(*, share: Share, caller: Caller, now: datetime, kind: Event.Kind) -> bool:
    """Mark the share as revoked, once. ``revoke`` calls it for the owner; administrators may end any share."""
    with transaction.atomic():
        updated = Share.objects.filter(pk=share.pk, revoked_at__isnull=True, purged_at__isnull=True).update(
            revoked_at=now
        )
        if updated:
            events.record(kind, caller=caller, share=share, now=now, detail="" if kind == kind.REVOKED else "revoked")
    return updated == 1


def extend(*, share: Share, caller: Caller, extension: timedelta, now: datetime) -> None:
    """Extend the expiry of anyone's share, for an administrator, while its files are there: by ``extension`` from its
    expiry or from now. Raises ChangedMeanwhile if another edit came after ``share`` was read.
    """
    expires_at = extended(share, extension, now)
    policies.require(policies.expiry(expires_at, now, limits(share.preset)))
    with transaction.atomic():
        unended = Share.objects.filter(pk=share.pk, revoked_at__isnull=True, purging_at__isnull=True)
        if not unended.filter(expires_at=share.expires_at).update(expires_at=expires_at):
            share.refresh_from_db()
            raise policies.editable(share) or ChangedMeanwhile(("expires_at",))
        detail = format_values(until=expires_at.isoformat(timespec="minutes"))
        events.record(Event.Kind.ADMIN, caller=caller, share=share, now=now, detail=detail)


def extended(share: Share, extension: timedelta, now: datetime) -> datetime:
    """The share's expiry, or now where that has passed, plus ``extension``. Raises Invalid."""
    if share.expires_at is None:
        raise Invalid(_("This share never expires, so it can't be extended."), field="expires_at")
    return max(now, share.expires_at) + extension


def _columns(changes: ShareChanges, now: datetime) -> dict[str, object]:
    """Cleaned and checked column values, except for the password."""
    columns: dict[str, object] = {}
    if "title" in changes:
        columns["title"] = clean_text(changes["title"], max_length=TITLE_LENGTH, field="title").replace("\n", " ")
    if "message" in changes:
        columns["message"] = clean_text(changes["message"], max_length=MESSAGE_LENGTH, field="message")
    if "expires_at" in changes:
        policies.require(policies.expiry(changes["expires_at"], now, limits()))
        columns["expires_at"] = changes["expires_at"]
    if "max_downloads" in changes:
        policies.require(policies.cap(changes["max_downloads"], limits()))
        columns["max_downloads"] = changes["max_downloads"]
    if "strict" in changes:
        columns["strict"] = changes["strict"]
    if "reshare_requests_enabled" in changes:
        columns["reshare_requests_enabled"] = changes["reshare_requests_enabled"]
    if "preset" in changes:
        columns["preset"] = changes["preset"]
    return columns


def _set_password(share: Share, new_hash: str) -> None:
    """A new version ends every grant and unlock of the old one."""
    share.password = new_hash
    share.password_version += 1
    PasswordAttempt.objects.filter(share=share).delete()


def _set_download_limit(share: Share, now: datetime) -> None:
    """The limit counts the grants so far: one below their number is used up, and a higher one reopens the share."""
    if share.max_downloads is None:
        share.download_count = 0
        share.used_up_at = None
        return
    issued = Grant.objects.filter(share=share).count()
    share.download_count = min(issued, share.max_downloads)
    share.used_up_at = (share.used_up_at or now) if issued >= share.max_downloads else None
