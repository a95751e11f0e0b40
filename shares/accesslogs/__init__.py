"""Access logs of stores and proxies: bytes in, lines out of them, and what each line says was sent to whom.

Not here: what it means. Knows object keys, never a share or a file; no database, no network. May import: errors.
"""

from shares.accesslogs.lines import Sent, Unreadable, parsed
from shares.accesslogs.pieces import LONGEST, Line, lines, mark, pieces, rotated

__all__ = ["LONGEST", "Line", "Sent", "Unreadable", "lines", "mark", "parsed", "pieces", "rotated"]
