"""The numbers of one share for its owner, in one statement: the ORM compiles subqueries for longer than they run."""

from dataclasses import dataclass

from django.db import connection

_COUNTS = """
SELECT count(*), count(ready_at), count(CASE WHEN withheld <> '' THEN 1 END), coalesce(sum(size), 0),
       (SELECT count(*) FROM shares_grant WHERE share_id = %s),
       (SELECT name FROM shares_sharedfile WHERE share_id = %s AND removed_at IS NULL ORDER BY position, id LIMIT 1)
FROM shares_sharedfile WHERE share_id = %s AND removed_at IS NULL"""


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """Of the files that are not removed, and of the grants. ``size`` in bytes; ``first_name`` is "" without files."""

    files: int
    ready: int
    withheld: int
    size: int
    grants: int
    first_name: str


def read_share_counts(share_id: str) -> ShareCounts:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [share_id, share_id, share_id])
        files, ready, withheld, size, grants, first_name = cursor.fetchone()
    return ShareCounts(files, ready, withheld, int(size), grants, first_name or "")
