"""Repeated requests: a request whose response was lost gets the same result again, and creates nothing twice."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from shares.callers import Caller
from shares.errors import Invalid, KeyReused, NotSignedIn
from shares.models import IdempotencyKey, Share, SharedFile, User

RETENTION = timedelta(hours=24)
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots that a request created, in the order of the request. The share may have changed before a repeat."""

    share: Share
    files: Sequence[SharedFile]


def once(*, key: str, request: bytes, caller: Caller, now: datetime, operation: Callable[[], Slots]) -> Slots:
    """Execute ``operation``, or return its former result if ``key`` came with the same ``request`` within a day.

    ``request`` contains method, path and body. The row of the key and the slots are one transaction, so the second of
    two concurrent requests waits and then gets the result of the first; a refused request leaves nothing behind, and
    its key can be used again. Raises Invalid for an invalid key, KeyReused for another request.
    """
    if not key:
        return operation()
    if not _KEY.fullmatch(key):
        raise Invalid(_("The Idempotency-Key must be 1 to 255 visible ASCII characters."), field="Idempotency-Key")
    if caller.user is None:
        raise NotSignedIn
    user = caller.user
    digest = salted_hmac("shares.idempotency", request, algorithm="sha256").digest()
    existing = _find_key(user, key, now)
    if existing is not None:
        return _repeat(existing, digest)
    try:
        with transaction.atomic():
            IdempotencyKey.objects.aged(now - RETENTION).filter(user=user, key=key).delete()
            row = IdempotencyKey.objects.create(user=user, key=key, digest=digest, created_at=now)
            slots = operation()
            row.share, row.first, row.count = slots.share, slots.files[0].position, len(slots.files)
            row.save(update_fields=["share", "first", "count"])
        return slots
    except IntegrityError:
        existing = _find_key(user, key, now)
        if existing is None:
            raise
        return _repeat(existing, digest)


def delete_expired(*, now: datetime) -> int:
    """Delete keys that are over a day old. Returns their number."""
    return IdempotencyKey.objects.aged(now - RETENTION).delete()[0]


def _find_key(user: User, key: str, now: datetime) -> IdempotencyKey | None:
    stored_keys = IdempotencyKey.objects.created_since(now - RETENTION).filter(user=user, key=key, share__isnull=False)
    return stored_keys.select_related("share__owner").first()


def _repeat(stored_key: IdempotencyKey, digest: bytes) -> Slots:
    if stored_key.share is None or bytes(stored_key.digest) != digest:
        raise KeyReused
    # Including removed files: the client matches them by position.
    slots = stored_key.share.files.filter(
        position__gte=stored_key.first, position__lt=stored_key.first + stored_key.count
    )
    return Slots(stored_key.share, list(slots.select_related("upload").order_by("position")))
