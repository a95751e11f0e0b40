"""Requests that are too long or invalid are refused by the real web server as well, and never with a 5xx or a hang."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.e2e.site import Site

FORM = "Content-Type: application/x-www-form-urlencoded"
SECONDS = 30  # to end a hang

CASES = {
    "a body in chunks": (
        f"POST /accounts/login/ HTTP/1.1|{FORM}|Transfer-Encoding: chunked",
        b"1\r\na\r\n0\r\n\r\n",
        411,
    ),
    "chunks and a length": (
        f"POST /accounts/login/ HTTP/1.1|{FORM}|Transfer-Encoding: chunked|Content-Length: 3",
        b"1\r\na\r\n0\r\n\r\n",
        411,
    ),
    "a form that is too long": (f"POST /accounts/login/ HTTP/1.1|{FORM}|Content-Length: 10000000", b"a=b", 413),
    "JSON that is too long": (
        "POST /api/v1/uploads/sign HTTP/1.1|Content-Type: application/json|Content-Length: 10000000",
        b"[",
        413,
    ),
    "a length that is none": (f"POST /accounts/login/ HTTP/1.1|{FORM}|Content-Length: many", b"", 400),
    "an address that is too long": (f"GET /{'a' * 4000} HTTP/1.1", b"", 414),
    "a query that is too long": (f"GET /?q={'a' * 6000} HTTP/1.1", b"", 414),
    "headers that are too long": (f"GET / HTTP/1.1|Accept: {'a' * 40_000}", b"", 431),
    "a cookie with escapes": ('GET / HTTP/1.1|Cookie: a="' + "\\\\" * 2000 + '"', b"", 400),
    "another character set": ("GET / HTTP/1.1|Content-Type: text/plain; charset=utf-7", b"", 415),
}


def send_request(site: Site, head: str, body: bytes) -> int:
    """Send exactly this; the status of the answer."""
    parts = urlsplit(site.url)
    lines = [*head.split("|"), f"Host: {parts.netloc}", "Connection: close", "", ""]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=SECONDS) as line:
        line.sendall("\r\n".join(lines).encode() + body)
        return int(line.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("name", CASES)
def test_a_request_beyond_the_limits_is_refused(site: Site, name: str) -> None:
    head, body, status = CASES[name]
    assert send_request(site, head, body) == status
    assert send_request(site, "GET /healthz HTTP/1.1", b"") == 200
