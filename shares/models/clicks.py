"""The statements of a click, written by hand: it is the one path that a thousand people take at the same second.

The ORM compiles its SQL anew for every query, which costs several times what the database needs to answer. So a
click reads all its facts in one round trip and, on PostgreSQL, writes all its rows in one more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from shares.models.events import Event
from shares.models.files import SharedFile
from shares.models.grants import Grant
from shares.models.shares import Share
from shares.models.users import User

# In the order of the models' fields, which is the order ``from_db`` wants its values in.
_FILE = ["id", "share_id", "name", "size", "key", "ready_at", "removed_at", "purged_at"]
_SHARE = [
    *("id", "owner_id", "title", "expires_at", "max_downloads", "password", "password_version", "strict"),
    *("used_up_at", "revoked_at", "purging_at"),
]
_OWNER = ["id", "is_active"]
_COLUMNS = [*(f"f.{name}" for name in _FILE), *(f"s.{name}" for name in _SHARE), *(f"u.{name}" for name in _OWNER)]
_FACTS = f"""
SELECT {", ".join(_COLUMNS)}
FROM shares_sharedfile f JOIN shares_share s ON s.id = f.share_id JOIN shares_user u ON u.id = s.owner_id
WHERE f.id = %s AND s.id = %s"""

_NOT_ENDED = "id = %s AND revoked_at IS NULL AND purging_at IS NULL AND (expires_at IS NULL OR expires_at > %s)"
_CAPPED = f"""
UPDATE shares_share SET downloads_taken = downloads_taken + 1,
       used_up_at = CASE WHEN max_downloads = downloads_taken + 1 THEN %s ELSE used_up_at END
WHERE max_downloads IS NOT NULL AND downloads_taken < max_downloads AND {_NOT_ENDED}"""
_UNCAPPED = f"SELECT id FROM shares_share WHERE max_downloads IS NULL AND {_NOT_ENDED}"
_GRANT = "INSERT INTO shares_grant (id, share_id, password_version, created_at, expires_at)"
_EVENT = "INSERT INTO shares_event (at, kind, share_id, file_id, name, who, address, detail)"


def facts(file_id: str, share_id: str) -> SharedFile | None:
    """The file with its share and owner, holding what a click is judged by; other columns load when asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [file_id, share_id])
        row = cursor.fetchone()
    if row is None:
        return None
    if connection.vendor == "sqlite":
        row = [_moment(value) if name.endswith("_at") else value for name, value in zip(_COLUMNS, row, strict=True)]
    using, values = connection.alias, iter(row)
    file = SharedFile.from_db(using, _FILE, list(islice(values, len(_FILE))))
    file.share = Share.from_db(using, _SHARE, list(islice(values, len(_SHARE))))
    file.share.owner = User.from_db(using, _OWNER, list(values))
    return file


def claim(grant: Grant, events: Sequence[Event], *, capped: bool, now: datetime) -> bool:
    """Take one download, write its grant and its audit lines: all of it, or nothing and False.

    A capped share is counted by one conditional UPDATE: no row means refusal. An uncapped one is only judged again,
    under a shared row lock on PostgreSQL: clicks do not wait for each other, but an edit that sets a cap waits for them
    and so counts every grant. SQLite has one writer, so the plain read is enough there.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    condition = [moment, grant.share_id, moment] if capped else [grant.share_id, moment]
    held = [
        grant.pk,
        grant.password_version,
        connection.ops.adapt_datetimefield_value(grant.created_at),
        connection.ops.adapt_datetimefield_value(grant.expires_at),
    ]
    if connection.vendor == "postgresql":
        return _claim_at_once(condition, held, events, capped=capped)
    return _claim_in_steps(grant.share_id, condition, held, events, capped=capped)


def _claim_at_once(condition: list[Any], held: list[Any], events: Sequence[Event], *, capped: bool) -> bool:
    """One statement, and so one transaction and one round trip."""
    taken = f"{_CAPPED} RETURNING id" if capped else f"{_UNCAPPED} FOR SHARE"
    sql = f"""
    WITH taken AS ({taken}),
    held AS ({_GRANT} SELECT %s, id, %s, %s::timestamptz, %s::timestamptz FROM taken RETURNING share_id),
    told AS ({_EVENT} SELECT line.at::timestamptz, kind, line.share_id, file_id, name, who, address, detail
        FROM held, (VALUES {_rows(len(events))}) AS line (at, kind, share_id, file_id, name, who, address, detail))
    SELECT count(*) FROM held"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*condition, *held, *_values(events)])
        return bool(cursor.fetchone()[0])


def _claim_in_steps(
    share_id: str, condition: list[Any], held: list[Any], events: Sequence[Event], *, capped: bool
) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CAPPED if capped else _UNCAPPED, condition)
        if not (cursor.rowcount == 1 if capped else cursor.fetchone()):
            return False
        cursor.execute(f"{_GRANT} VALUES (%s, %s, %s, %s, %s)", [held[0], share_id, *held[1:]])
        cursor.execute(f"{_EVENT} VALUES {_rows(len(events))}", _values(events))
    return True


def tell(events: Sequence[Event]) -> None:
    """Audit lines in one statement."""
    if not events:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{_EVENT} VALUES {_rows(len(events))}", _values(events))


def _values(events: Sequence[Event]) -> list[Any]:
    values: list[Any] = []
    for event in events:
        moment = connection.ops.adapt_datetimefield_value(event.at)
        values += [moment, event.kind, event.share_id, event.file_id, event.name]
        values += [event.who, event.address, event.detail]
    return values


def _rows(number: int) -> str:
    return ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * number)


def _moment(value: datetime | None) -> datetime | None:
    """SQLite keeps moments in UTC and hands them out without saying so."""
    return None if value is None else value.replace(tzinfo=UTC)
