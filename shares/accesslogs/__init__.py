"""Access logs of stores and proxies: bytes in, lines out of them, and what each line says was sent to whom.

Not here: what it means. Knows object keys, never a share or a file; no database, no network. May import: errors.
"""

from shares.accesslogs.files import LONGEST, Line, lines, mark, pieces, rotated
from shares.accesslogs.parser import Sent, Unreadable, parsed

__all__ = ["LONGEST", "Line", "Sent", "Unreadable", "lines", "mark", "parsed", "pieces", "rotated"]
