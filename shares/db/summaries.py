"""The numbers of shares for their owner, in one statement: the ORM compiles subqueries for longer than they run."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

_COUNTS = """
SELECT s.id, count(f.id), count(f.ready_at), count(CASE WHEN f.withheld <> '' THEN 1 END), coalesce(sum(f.size), 0),
       (SELECT count(*) FROM shares_grant g WHERE g.share_id = s.id),
       (SELECT n.name FROM shares_sharedfile n WHERE n.share_id = s.id AND n.removed_at IS NULL
        ORDER BY n.position, n.id LIMIT 1)
FROM shares_share s LEFT JOIN shares_sharedfile f ON f.share_id = s.id AND f.removed_at IS NULL
WHERE s.id IN ({})
GROUP BY s.id"""


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """Of the files that are not removed, and of the grants. ``size`` in bytes; ``first_name`` is "" without files."""

    files: int
    ready: int
    withheld: int
    size: int
    grants: int
    first_name: str


NO_COUNTS = ShareCounts(0, 0, 0, 0, 0, "")


def read_share_counts(share_ids: Sequence[str]) -> dict[str, ShareCounts]:
    """The counts by share, without those of shares that are deleted."""
    if not share_ids:
        return {}
    statement = _COUNTS.format(", ".join(["%s"] * len(share_ids)))
    with connection.cursor() as cursor:
        cursor.execute(statement, share_ids)
        rows = cursor.fetchall()
    return {
        share_id: ShareCounts(files, ready, withheld, int(size), grants, first_name or "")
        for share_id, files, ready, withheld, size, grants, first_name in rows
    }
