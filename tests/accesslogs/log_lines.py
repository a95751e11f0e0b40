"""Log lines in the formats of Caddy 2.11 and S3."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

KEY = "u/0123456789abcdef0123456789abcdef"
# No two lines are the same.
PORTS = count(1024)
LOGGED_AT = datetime(2026, 2, 6, 0, 0, 38, tzinfo=UTC)
SIGNED_QUERY = (
    "response-cache-control=no-store%2C%20private&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22"
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260206%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20260206T000038Z&X-Amz-Expires=120&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64
)


def caddy(
    size: Any,
    key: str = KEY,
    *,
    address: Any = "192.0.2.3",
    logged_at: Any = LOGGED_AT,
    uri: Any = None,
    **overrides: Any,
) -> bytes:
    """``overrides``: the method, the status, anything at the top level."""
    request = {
        "remote_ip": "127.0.0.1",
        "remote_port": str(next(PORTS)),
        "client_ip": address,
        "proto": "HTTP/2.0",
        "method": overrides.pop("method", "GET"),
        "host": "storage.example.org",
        "uri": f"/shares/{key}" if uri is None else uri,
    }
    line = {
        "level": "info",
        "ts": logged_at.timestamp() if isinstance(logged_at, datetime) else logged_at,
        "logger": "http.log.access.storage",
        "msg": "handled request",
        "request": request,
        "bytes_read": 0,
        "user_id": "",
        "duration": 0.093,
        "size": size,
        "status": 200,
    }
    return json.dumps(line | overrides).encode()


def s3(
    size: Any, key: str = KEY, *, address: str = "192.0.2.3", logged_at: datetime = LOGGED_AT, **overrides: str
) -> bytes:
    """``overrides``: status, error, operation, asked, query, bucket, id, agent, kind (of signature), tail."""
    query = overrides.get("query", SIGNED_QUERY)
    request_line = overrides.get("asked", f"GET /shares/{key}{f'?{query}' if query else ''} HTTP/1.1")
    line = (
        f"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be {overrides.get('bucket', 'shares')}"
        f" [{logged_at:%d/%b/%Y:%H:%M:%S} +0000] {address} arn:aws:iam::123456789012:user/site"
        f" {overrides.get('id', f'{next(PORTS):016X}')} {overrides.get('operation', 'REST.GET.OBJECT')} {key}"
        f' "{request_line}" {overrides.get("status", "200")} {overrides.get("error", "-")} {size} 300000 70 10'
        f' "-" "{overrides.get("agent", "Mozilla/5.0 (X11; Linux x86_64)")}"'
    )
    tail = (
        f" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4"
        f" ECDHE-RSA-AES128-GCM-SHA256 {overrides.get('kind', 'QueryString')}"
        f" shares.s3.us-west-1.amazonaws.com TLSv1.3 - -"
    )
    return (line + overrides.get("tail", tail)).encode()
