"""Access logs of storage and proxies: splits bytes into lines, and parses each line as a transfer.

The package knows object keys, but neither shares nor files; it uses neither the database nor the network. It may import
``shares.errors``.
"""

from shares.accesslogs.files import MAX_LINE_BYTES, Line, fingerprint, read_chunks, read_lines, rotated_paths
from shares.accesslogs.parser import LogFormatError, Transfer, parse_line
from shares.accesslogs.references import LoggedRequest, find_requests

__all__ = [
    "MAX_LINE_BYTES",
    "Line",
    "LogFormatError",
    "LoggedRequest",
    "Transfer",
    "find_requests",
    "fingerprint",
    "parse_line",
    "read_chunks",
    "read_lines",
    "rotated_paths",
]
