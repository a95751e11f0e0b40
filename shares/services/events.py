"""The audit trail: every event is written here, in the transaction of its operation."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.conf import settings

from shares.callers import Caller
from shares.errors import Refusal, WrongPassword
from shares.models import Event, RateLimitCounter, Share, SharedFile
from shares.models.rate_limits import consume
from shares.services import throttles

FOLD_WINDOW = timedelta(hours=1)
MAX_FOLDED_LINES = 100


def audit_address(address: str) -> str:
    """The address in the form that ``AUDIT_ADDRESSES`` names: full, truncated (/24, /48) or as a keyed hash."""
    if not address or settings.AUDIT_ADDRESSES == "full":
        return address
    if settings.AUDIT_ADDRESSES == "hashed":
        return throttles.hash_address(address, salt="shares.audit.address")[:16]
    parsed = ip_address(address)
    prefix_bits = 48 if isinstance(parsed, IPv6Address) else 24
    bits = parsed.max_prefixlen - prefix_bits
    return f"{type(parsed)(int(parsed) >> bits << bits)}/{prefix_bits}"


def line(
    kind: Event.Kind,
    *,
    caller: Caller,
    now: datetime,
    share: Share | None = None,
    file: SharedFile | None = None,
    detail: str = "",
    reference: str = "",
) -> Event:
    """An unsaved event, for operations that write many at once."""
    name = file.name if file is not None else (share.title if share is not None else "")
    return Event(
        occurred_at=now,
        kind=kind,
        share_id=share.pk if share is not None else "",
        file_id=file.pk if file is not None else "",
        name=name,
        user_email=caller.user.email if caller.user is not None else "",
        address=audit_address(caller.address),
        detail=detail[:200],
        reference=reference,
    )


def record(
    kind: Event.Kind,
    *,
    caller: Caller,
    now: datetime,
    share: Share | None = None,
    file: SharedFile | None = None,
    detail: str = "",
    reference: str = "",
) -> None:
    event = line(kind, caller=caller, now=now, share=share, file=file, detail=detail, reference=reference)
    event.save(force_insert=True)


def record_all(lines: Iterable[Event]) -> None:
    Event.objects.bulk_create(lines, batch_size=500)


def record_refusal(
    refusal: Refusal, *, caller: Caller, share: Share, now: datetime, file: SharedFile | None = None
) -> Refusal:
    """Record a refusal and return it, to be raised.

    Scanners and impatient programs repeat requests: the same refusal of the same file to the same address is one event
    in ``FOLD_WINDOW``, and a share has at most ``MAX_FOLDED_LINES`` of them in it. Wrong passwords have limits of
    their own.
    """
    subject = f"{file.pk if file is not None else ''}:{refusal.code}"
    if isinstance(refusal, WrongPassword) or is_first(f"refused:{share.pk}", subject, caller=caller, now=now):
        record(Event.Kind.REFUSED, caller=caller, share=share, file=file, now=now, detail=refusal.code)
    return refusal


def is_first(group: str, subject: str, *, caller: Caller, now: datetime) -> bool:
    """Whether ``subject`` has no event of the caller's address within ``FOLD_WINDOW``, and the ``group`` of subjects
    has fewer than ``MAX_FOLDED_LINES``.
    """
    source = throttles.source(caller.address)[:24]
    for name, limit in ((f"{group}:{subject}:{source}", 1), (group, MAX_FOLDED_LINES)):
        if consume(RateLimitCounter.objects.all(), {"name": name}, limit=limit, window=FOLD_WINDOW, now=now):
            return False
    return True


def delete_expired(*, now: datetime) -> int:
    """Delete events, and tombstones of purged shares, older than ``AUDIT_DAYS``. Returns the number of deleted rows."""
    before = now - timedelta(days=settings.AUDIT_DAYS)
    lines, _ = Event.objects.aged(before).delete()
    tombstones, _ = Share.objects.filter(purged_at__lt=before).delete()
    return lines + tombstones
