"""The table of docs/limits.md."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime

from shares.http.request_limits import MAX_COOKIE_BYTES, MAX_HEADER_BYTES, MAX_PATH_BYTES, MAX_QUERY_BYTES

# Method, route, longest body in bytes, seconds of processor time, and the request that took them.
Row = tuple[str, str, int, float, str]


def table_of(rows: Iterable[Row]) -> str:
    lines = [_introduction(), "| method | address | body, bytes | ms | the most expensive |", "|---|---|---:|---:|---|"]
    for method, route, limit, seconds, name in sorted(rows, key=lambda row: (row[1], row[0])):
        path = "/" + route.replace("|", "\\|")
        lines.append(f"| {method} | `{path}` | {limit:,} | {seconds * 1000:.0f} | {name} |")
    return "\n".join(lines) + "\n"


def _introduction() -> str:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""# The longest requests

For each address: the longest body it takes, and the processor time of the most expensive request found within that
limit, the best of three attempts. The path, the query and the headers are bounded for all of them: {MAX_PATH_BYTES:,},
{MAX_QUERY_BYTES:,} and {MAX_HEADER_BYTES:,} bytes, of which cookies may have {MAX_COOKIE_BYTES:,}. A multipart body
may have 16,384. No request may cost more than 200 ms; where an account's password is compared, that hash comes on top.
Longer requests are refused before they are read: 413 (body), 414 (address), 431 (headers).

Measured on {datetime.now(UTC):%Y-%m-%d}, {machine}, with PostgreSQL in a process of its own, by
`LIMITS_TABLE=docs/limits.md python -m pytest tests/limits`.
"""
