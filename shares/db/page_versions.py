"""Which version of its rows the page of a share displays, read by one prepared statement.

PostgreSQL writes each change of a row as a new row in another place (``ctid``) by a numbered transaction (``xmin``).
The places and numbers of all rows that a page displays identify its content, whatever part of the program changes them.

Rewriting a table (VACUUM FULL) moves rows, but leaves them their numbers. Numbers are used again by a server that takes
over from another (or from a backup), and after 2**32 transactions. The first has another start; for the second, the
key of a page contains the day.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shares.db.prepared import PreparedStatement, StatementNotPrepared

# The rows that ``services.downloads.page`` and ``thumbnails`` read; a test compares the two.
TABLES = (
    *("shares_share", "shares_user", "shares_sharedfile"),
    *("shares_upload", "shares_scan", "shares_thumbnail"),
)
_STATEMENT = PreparedStatement(
    "page_version",
    """
SELECT encode(sha256(convert_to((pg_postmaster_start_time(), s.ctid, s.xmin, u.ctid, u.xmin, (
           SELECT string_agg((f.ctid, f.xmin, p.ctid, p.xmin, c.ctid, c.xmin, t.ctid, t.xmin)::text, '' ORDER BY f.id)
           FROM shares_sharedfile f
           LEFT JOIN shares_upload p ON p.file_id = f.id
           LEFT JOIN shares_scan c ON c.file_id = f.id
           LEFT JOIN shares_thumbnail t ON t.file_id = f.id
           WHERE f.share_id = s.id
       ))::text, 'UTF8')), 'hex'), s.password_version, s.password <> '', s.used_up_at IS NOT NULL, s.expires_at
FROM shares_share s JOIN shares_user u ON u.id = s.owner_id
WHERE s.id = %(share)s""",
    {"share": str},
)


@dataclass(frozen=True, slots=True)
class PageVersion:
    """``rows`` identifies the rows of the page, "" if there is no such share. What a visit may see of it depends on the
    other columns.
    """

    rows: str
    password_version: int = 0
    has_password: bool = False
    used_up: bool = False
    expires_at: datetime | None = None


MISSING = PageVersion("")


def read_page_version(share_id: str) -> PageVersion | None:
    """The version that is committed now; None where the database cannot tell."""
    if connection.vendor != "postgresql":
        return None
    try:
        row = _STATEMENT.row({"share": share_id})
    except StatementNotPrepared:
        return None
    if row is None:
        return MISSING
    rows, password_version, locked, used_up, expires_at = row
    return PageVersion(
        str(rows),
        int(password_version or 0),
        locked == "t",
        used_up == "t",
        None if expires_at is None else datetime.fromisoformat(expires_at),
    )
