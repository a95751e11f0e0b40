"""The statements that start a download, written by hand: a thousand recipients may start one in the same second.

The ORM compiles its SQL anew for every query, which costs several times what the database needs to answer. So on
PostgreSQL a download that no policy refuses is one statement (``start_download``). Any other, and each one on SQLite,
reads its file, share and owner in one round trip, is checked by the policies, and writes in a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypedDict

from django.db import IntegrityError, connection, transaction

from shares.db.prepared import PreparedStatement, StatementNotPrepared
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
_EVENT = "INSERT INTO shares_event (occurred_at, kind, share_id, file_id, name, user_email, address, detail, reference)"

# ``start_download``: the rules of ``policies`` as conditions. A test compares the two.
_OPEN = """
    f.id = %(file)s AND s.id = %(share)s AND s.id = f.share_id AND u.id = s.owner_id
    AND f.ready_at IS NOT NULL AND f.removed_at IS NULL AND f.purged_at IS NULL AND u.is_active AND NOT s.strict
    AND s.revoked_at IS NULL AND s.suspended_at IS NULL AND s.purging_at IS NULL
    AND (s.expires_at IS NULL OR s.expires_at >= %(min_expiry)s)"""
# The owner takes no download: that is for the fallback.
_UNLOCKED = f"""{_OPEN} AND s.owner_id IS DISTINCT FROM %(user)s AND s.used_up_at IS NULL
    AND (s.password = '' OR s.password_version = %(unlocked)s)
    AND NOT EXISTS (SELECT FROM shares_grant g WHERE g.id = %(grant)s)"""
_ROW_COLUMNS = (
    "f.id AS file_id, f.key, f.name, f.number, s.id, s.owner_id, s.title, s.password_version, s.expires_at, s.password"
)
_LIMITED = f"""
limited AS (
    UPDATE shares_share s SET download_count = download_count + 1,
           used_up_at = CASE WHEN max_downloads = download_count + 1 THEN %(now)s END
    FROM shares_sharedfile f, shares_user u
    WHERE {_UNLOCKED} AND max_downloads IS NOT NULL AND download_count < max_downloads
    RETURNING {_ROW_COLUMNS}
),
unlimited AS (
    SELECT {_ROW_COLUMNS} FROM shares_sharedfile f, shares_user u, shares_share s
    WHERE {_UNLOCKED} AND max_downloads IS NULL FOR SHARE OF s
),
started AS (SELECT * FROM limited UNION ALL SELECT * FROM unlimited),
new_grant AS (
    {_GRANT} SELECT %(grant)s, id, password_version, %(now)s, least(expires_at, %(max_expiry)s) FROM started
)"""
_GRANTED = f"""
started AS (
    SELECT {_ROW_COLUMNS} FROM shares_sharedfile f, shares_user u, shares_share s
    WHERE {_OPEN} AND s.password_version = %(granted)s
)"""

# The event of one more URL does not wait for the disk: see docs/decisions/004.
_UNHURRIED = ", set_config('synchronous_commit', 'off', true)"


def _statement(*, fresh: bool, opening: bool) -> str:
    lines = ["(1, 'granted', false)"] * fresh + ["(2, 'signed', true)"] + ["(3, 'opened', false)"] * opening
    return f"""
WITH {_LIMITED if fresh else _GRANTED},
new_events AS (
    {_EVENT} SELECT %(now)s, kind, id, CASE WHEN of_file THEN file_id ELSE '' END,
           CASE WHEN of_file THEN name ELSE title END, %(user_email)s, %(address)s, '', %(reference)s
    FROM started, (VALUES {", ".join(lines)}) AS entry (position, kind, of_file)
    WHERE kind <> 'opened' OR owner_id IS DISTINCT FROM %(user)s
    ORDER BY position
)
SELECT key, name, number, password_version, expires_at, password <> '' FROM started{"" if fresh else _UNHURRIED}"""


_TYPES = (
    dict.fromkeys(("share", "file", "grant", "user_email", "address", "reference"), str)
    | dict.fromkeys(("now", "min_expiry", "max_expiry"), datetime)
    | dict.fromkeys(("granted", "unlocked", "user"), int)
)
_STATEMENTS = {
    (fresh, opening): PreparedStatement(
        f"start_download_{fresh:d}{opening:d}", _statement(fresh=fresh, opening=opening), _TYPES
    )
    for fresh in (True, False)
    for opening in (True, False)
}


class DownloadParams(TypedDict):
    """The parameters of the statement. ``granted`` and ``unlocked`` are the password versions of the presented tokens,
    None without one. The share must not expire before ``min_expiry``; a grant expires at ``max_expiry`` at the latest.
    """

    share: str
    file: str
    now: datetime
    min_expiry: datetime
    max_expiry: datetime
    granted: int | None
    unlocked: int | None
    grant: str
    user: int | None
    user_email: str
    address: str
    reference: str


@dataclass(frozen=True, slots=True)
class StartedDownload:
    """What a link and a token are made of. ``name`` is the one to save under."""

    key: str
    name: str
    password_version: int
    expires_at: datetime | None
    has_password: bool


def is_supported() -> bool:
    """Whether the database can write within a query."""
    return connection.vendor == "postgresql"


def start_download(parameters: DownloadParams, *, opening: bool) -> StartedDownload | None:
    """Check, count, grant and record in one statement: one transaction and one round trip. None: nothing was written,
    because a policy refuses the download, or because the statement was not prepared.

    A share with a limit is counted by the conditional UPDATE, any other is locked as ``claim_download`` locks it. A
    browser that has its grant already, even from a request at the same moment, gets no second one: the id of its grant
    is unique. Planning takes the server several times as long as running, so the statement is prepared once for each
    connection; Django's cursors never prepare.
    """
    try:
        row = _STATEMENTS[parameters["granted"] is None, opening].row(parameters)
    except (StatementNotPrepared, IntegrityError):
        return None
    if row is None:
        return None
    key, name, number, version, expires_at, is_locked = row
    return StartedDownload(
        str(key),
        download_name(str(name), int(number or 1)),
        int(version or 0),
        None if expires_at is None else datetime.fromisoformat(expires_at),
        is_locked == "t",
    )


def load_file(file_id: str, share_id: str) -> SharedFile | None:
    """The file with its share and owner, with the columns that policies check; other columns are deferred."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_FILE, [file_id, share_id])
        row = cursor.fetchone()
    if row is None:
        return None
    if connection.vendor == "sqlite":
        row = [_as_utc(value) if name.endswith("_at") else value for name, value in zip(_COLUMNS, row, strict=True)]
    using, values = connection.alias, iter(row)
    file = SharedFile.from_db(using, _FILE, list(islice(values, len(_FILE))))
    file.share = Share.from_db(using, _SHARE, list(islice(values, len(_SHARE))))
    file.share.owner = User.from_db(using, _OWNER, list(values))
    return file


def claim_download(grant: Grant, events: Sequence[Event], *, capped: bool, now: datetime) -> bool:
    """Take one download, and write its grant and its events: all of it, or nothing and False, also if there is a grant
    with this id.

    A share with a limit is counted by one conditional UPDATE: no row means refusal. Any other is only checked again,
    under a shared row lock on PostgreSQL: downloads do not wait for each other, but an edit that sets a limit waits for
    them and so counts every grant. SQLite has one writer, so the plain read is enough there.
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


def record_events(events: Sequence[Event]) -> None:
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
        values += [event.user_email, event.address, event.detail, event.reference]
    return values


def _rows(number: int) -> str:
    return ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s)"] * number)


def _as_utc(value: datetime | None) -> datetime | None:
    """SQLite stores times in UTC, without a zone."""
    return None if value is None else value.replace(tzinfo=UTC)
