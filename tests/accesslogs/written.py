"""Lines as Caddy 2.11 and S3 write them."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

KEY = "u/0123456789abcdef0123456789abcdef"
# No two lines are the same.
PORTS = count(1024)
AT = datetime(2026, 2, 6, 0, 0, 38, tzinfo=UTC)
SIGNED = (
    "response-cache-control=no-store%2C%20private&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22"
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260206%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20260206T000038Z&X-Amz-Expires=120&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64
)


def caddy(
    size: Any, key: str = KEY, *, address: Any = "192.0.2.3", at: Any = AT, uri: Any = None, **other: Any
) -> bytes:
    """``other``: the method, the status, anything at the top level."""
    request = {
        "remote_ip": "127.0.0.1",
        "remote_port": str(next(PORTS)),
        "client_ip": address,
        "proto": "HTTP/2.0",
        "method": other.pop("method", "GET"),
        "host": "storage.example.org",
        "uri": f"/shares/{key}" if uri is None else uri,
    }
    line = {
        "level": "info",
        "ts": at.timestamp() if isinstance(at, datetime) else at,
        "logger": "http.log.access.storage",
        "msg": "handled request",
        "request": request,
        "bytes_read": 0,
        "user_id": "",
        "duration": 0.093,
        "size": size,
        "status": 200,
    }
    return json.dumps(line | other).encode()


def s3(size: Any, key: str = KEY, *, address: str = "192.0.2.3", at: datetime = AT, **other: str) -> bytes:
    """``other``: status, error, operation, asked, query, bucket, id, agent, kind (of signature), tail."""
    query = other.get("query", SIGNED)
    asked = other.get("asked", f"GET /shares/{key}{f'?{query}' if query else ''} HTTP/1.1")
    line = (
        f"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be {other.get('bucket', 'shares')}"
        f" [{at:%d/%b/%Y:%H:%M:%S} +0000] {address} arn:aws:iam::123456789012:user/site"
        f" {other.get('id', f'{next(PORTS):016X}')} {other.get('operation', 'REST.GET.OBJECT')} {key}"
        f' "{asked}" {other.get("status", "200")} {other.get("error", "-")} {size} 300000 70 10'
        f' "-" "{other.get("agent", "Mozilla/5.0 (X11; Linux x86_64)")}"'
    )
    tail = (
        f" - s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4"
        f" ECDHE-RSA-AES128-GCM-SHA256 {other.get('kind', 'QueryString')} shares.s3.us-west-1.amazonaws.com TLSv1.3 - -"
    )
    return (line + other.get("tail", tail)).encode()
