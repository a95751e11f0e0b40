"""The statements of a click, written by hand: it is the one path that a thousand people take at the same second.

The ORM compiles its SQL anew for every query, which costs several times what the database needs to answer. So on
PostgreSQL a click that nothing speaks against is one statement (``at_once``). Any other, and every click on SQLite,
reads all its facts in one round trip, is judged by the policies, and writes in a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypedDict

from django.db import IntegrityError, connection, transaction

from shares.db.prepared import Prepared, Unprepared
from shares.file_names import download_name
from shares.models.events import Event
from shares.models.files import SharedFile
from shares.models.grants import Grant
from shares.models.shares import Share
from shares.models.users import User

# In the order of the models' fields, which is the order ``from_db`` wants its values in.
_FILE = ["id", "share_id", "name", "number", "size", "key", "ready_at", "removed_at", "purged_at"]
_SHARE = [
    *("id", "owner_id", "title", "expires_at", "max_downloads", "password", "password_version", "strict"),
    *("used_up_at", "revoked_at", "suspended_at", "purging_at"),
]
_OWNER = ["id", "is_active"]
_COLUMNS = [*(f"f.{name}" for name in _FILE), *(f"s.{name}" for name in _SHARE), *(f"u.{name}" for name in _OWNER)]
_SELECT_FILE = f"""
SELECT {", ".join(_COLUMNS)}
FROM shares_sharedfile f JOIN shares_share s ON s.id = f.share_id JOIN shares_user u ON u.id = s.owner_id
WHERE f.id = %s AND s.id = %s"""

_NOT_ENDED = (
    "id = %s AND revoked_at IS NULL AND suspended_at IS NULL AND purging_at IS NULL"
    " AND (expires_at IS NULL OR expires_at > %s)"
)
_CAPPED = f"""
UPDATE shares_share SET download_count = download_count + 1,
       used_up_at = CASE WHEN max_downloads = download_count + 1 THEN %s ELSE used_up_at END
WHERE max_downloads IS NOT NULL AND download_count < max_downloads AND {_NOT_ENDED}"""
_UNCAPPED = f"SELECT id FROM shares_share WHERE max_downloads IS NULL AND {_NOT_ENDED}"
_LOCK = {"postgresql": " FOR SHARE", "sqlite": ""}
_GRANT = "INSERT INTO shares_grant (id, share_id, password_version, created_at, expires_at)"
_EVENT = "INSERT INTO shares_event (occurred_at, kind, share_id, file_id, name, user_email, address, detail)"

# ``at_once``: the verdicts of ``policies`` on a click, as conditions. A test holds them against each other.
_OPEN = """
    f.id = %(file)s AND s.id = %(share)s AND s.id = f.share_id AND u.id = s.owner_id
    AND f.ready_at IS NOT NULL AND f.removed_at IS NULL AND f.purged_at IS NULL AND u.is_active AND NOT s.strict
    AND s.revoked_at IS NULL AND s.suspended_at IS NULL AND s.purging_at IS NULL
    AND (s.expires_at IS NULL OR s.expires_at >= %(soonest)s)"""
# The owner takes none: that is for ``start.take``.
_UNLOCKED = f"""{_OPEN} AND s.owner_id IS DISTINCT FROM %(user)s AND s.used_up_at IS NULL
    AND (s.password = '' OR s.password_version = %(unlocked)s)
    AND NOT EXISTS (SELECT FROM shares_grant g WHERE g.id = %(grant)s)"""
_ROW_COLUMNS = "f.id AS file_id, f.key, f.name, f.number, s.id, s.owner_id, s.title, s.password_version, s.expires_at"
_COUNTED = f"""
counted AS (
    UPDATE shares_share s SET download_count = download_count + 1,
           used_up_at = CASE WHEN max_downloads = download_count + 1 THEN %(now)s END
    FROM shares_sharedfile f, shares_user u
    WHERE {_UNLOCKED} AND max_downloads IS NOT NULL AND download_count < max_downloads
    RETURNING {_ROW_COLUMNS}
),
uncounted AS (
    SELECT {_ROW_COLUMNS} FROM shares_sharedfile f, shares_user u, shares_share s
    WHERE {_UNLOCKED} AND max_downloads IS NULL FOR SHARE OF s
),
taken AS (SELECT * FROM counted UNION ALL SELECT * FROM uncounted),
held AS ({_GRANT} SELECT %(grant)s, id, password_version, %(now)s, least(expires_at, %(latest)s) FROM taken)"""
_REPEATED = f"""
taken AS (
    SELECT {_ROW_COLUMNS} FROM shares_sharedfile f, shares_user u, shares_share s
    WHERE {_OPEN} AND s.password_version = %(granted)s
)"""

# Nobody waits for the disk over the line that tells of one more URL: see docs/decisions/004.
_UNHURRIED = ", set_config('synchronous_commit', 'off', true)"


def _statement(*, fresh: bool, opening: bool) -> str:
    lines = ["(1, 'granted', false)"] * fresh + ["(2, 'signed', true)"] + ["(3, 'opened', false)"] * opening
    return f"""
WITH {_COUNTED if fresh else _REPEATED},
told AS (
    {_EVENT} SELECT %(now)s, kind, id, CASE WHEN of_file THEN file_id ELSE '' END,
           CASE WHEN of_file THEN name ELSE title END, %(user_email)s, %(address)s, ''
    FROM taken, (VALUES {", ".join(lines)}) AS line (place, kind, of_file)
    WHERE kind <> 'opened' OR owner_id IS DISTINCT FROM %(user)s
    ORDER BY place
)
SELECT key, name, number, password_version, expires_at FROM taken{"" if fresh else _UNHURRIED}"""


_TYPES = (
    dict.fromkeys(("share", "file", "grant", "user_email", "address"), str)
    | dict.fromkeys(("now", "soonest", "latest"), datetime)
    | dict.fromkeys(("granted", "unlocked", "user"), int)
)
_STATEMENTS = {
    (fresh, opening): Prepared(f"click_{fresh:d}{opening:d}", _statement(fresh=fresh, opening=opening), _TYPES)
    for fresh in (True, False)
    for opening in (True, False)
}


class Asked(TypedDict):
    """A click as its statement wants it. ``granted`` and ``unlocked`` are the password versions of the tokens shown,
    None without one; ``soonest`` is when the share may end at the earliest, ``latest`` when a grant ends at the latest.
    """

    share: str
    file: str
    now: datetime
    soonest: datetime
    latest: datetime
    granted: int | None
    unlocked: int | None
    grant: str
    user: int | None
    user_email: str
    address: str


@dataclass(frozen=True, slots=True)
class Clicked:
    """What a link and a token are made of. ``name`` is the one to save under."""

    key: str
    name: str
    password_version: int
    ends: datetime | None


def at_once(asked: Asked, *, opening: bool) -> Clicked | None:
    """Judge, count, grant and tell in one statement, so one transaction and one round trip. None: nothing was written,
    because something speaks against the click, or because the database cannot write within a query.

    A capped share is counted by the conditional UPDATE, an uncapped one locked as ``claim`` does it. A browser that has
    its grant already, from another click at the same moment even, takes no second one: its grant's id is unique.
    Planning costs the server several times what it takes to run this, so it is prepared once a connection; Django's
    cursors never do that.
    """
    if connection.vendor != "postgresql":
        return None
    try:
        row = _STATEMENTS[asked["granted"] is None, opening].row(asked)
    except (Unprepared, IntegrityError):
        return None
    if row is None:
        return None
    key, name, number, version, expires_at = row
    return Clicked(
        str(key),
        download_name(str(name), int(number or 1)),
        int(version or 0),
        None if expires_at is None else datetime.fromisoformat(expires_at),
    )


def facts(file_id: str, share_id: str) -> SharedFile | None:
    """The file with its share and owner, holding what a click is judged by; other columns load when asked for."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_FILE, [file_id, share_id])
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
    """Take one download, write its grant and its audit lines: all of it, or nothing and False: also where there is
    a grant of this id.

    A capped share is counted by one conditional UPDATE: no row means refusal. An uncapped one is only judged again,
    under a shared row lock on PostgreSQL: clicks do not wait for each other, but an edit that sets a cap waits for them
    and so counts every grant. SQLite has one writer, so the plain read is enough there.
    """
    moment = connection.ops.adapt_datetimefield_value(now)
    condition: list[Any] = [moment, grant.share_id, moment] if capped else [grant.share_id, moment]
    grant_values: list[Any] = [
        grant.pk,
        grant.share_id,
        grant.password_version,
        connection.ops.adapt_datetimefield_value(grant.created_at),
        connection.ops.adapt_datetimefield_value(grant.expires_at),
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_CAPPED if capped else _UNCAPPED + _LOCK[connection.vendor], condition)
            if not (cursor.rowcount == 1 if capped else cursor.fetchone()):
                return False
            cursor.execute(f"{_GRANT} VALUES (%s, %s, %s, %s, %s)", grant_values)
            cursor.execute(f"{_EVENT} VALUES {_rows(len(events))}", _values(events))
    except IntegrityError:
        if Grant.objects.filter(pk=grant.pk).exists():
            return False
        raise
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
        moment = connection.ops.adapt_datetimefield_value(event.occurred_at)
        values += [moment, event.kind, event.share_id, event.file_id, event.name]
        values += [event.user_email, event.address, event.detail]
    return values


def _rows(number: int) -> str:
    return ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * number)


def _moment(value: datetime | None) -> datetime | None:
    """SQLite keeps moments in UTC and hands them out without saying so."""
    return None if value is None else value.replace(tzinfo=UTC)
