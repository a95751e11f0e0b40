"""Logs: one line for each event, and nothing in it that grants access."""

import logging

import pytest
from django.test import Client

from sharesite.logs import LineFormatter, without_secrets


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET https://s.example.org/b/u/1?X-Amz-Signature=abc123&X-Amz-Date=1 failed", "abc123"),
        ("GET https://s.example.org/b/u/1?anything=abc123 failed", "abc123"),
        ("PUT /shares/u/1?partNumber=1&X-Amz-Signature=abc123", "abc123"),
        ("Not Found: /share/x?password=abc123", "abc123"),
        ("Internal Server Error: /share/AbCdEfGhIjKlMnOpQrStUv/download", "GhIjKlMnOpQrStUv"),
        ("Internal Server Error: /shares/AbCdEfGhIjKlMnOpQrStUv/", "EfGhIjKlMnOpQrStUv"),
        ("/api/v1/shares/AbCdEfGhIjKlMnOpQrStUv/downloads", "EfGhIjKlMnOpQrStUv"),
        ("/accounts/login/next=%2Fshares%2FdGhpcyBpcyBhbiBpZCEhIQ%2F", "cyBpcyBhbiBpZCEhIQ"),
        ("Share dGhpcyBpcyBhbiBpZCEhIQ does not exist", "cyBpcyBhbiBpZCEhIQ"),
        ("key grant_dGhpcyBpcyBhbiBpZCEhIQ:1", "cyBpcyBhbiBpZCEhIQ"),
        ("line\\ndGhpcyBpcyBhbiBpZCEhIQ", "cyBpcyBhbiBpZCEhIQ"),
        ("('dGhpcyBpcyBhbiBpZCEhIQ',)", "cyBpcyBhbiBpZCEhIQ"),
        ("token shs_0011.Zm9yIGEgdG9rZW4gb2YgZm9ydHktdGhyZWUgbGV0dGVycw", "Zm9ydHktdGhyZWU"),
        ("a session 0fi2k4xq0fi2k4xq0fi2k4xq0fi2k4xq is gone", "0fi2k4xq is"),
        ("Cookie: theme=dark; __Host-session=abc123", "abc123"),
        ("/accounts/password/reset/key/1-c7x5vk-abc123abc123/", "abc123"),
        ("https://files.example.org/request/AbCdEf-hIjKl_nOpQrStUv broke", "hIjKl_nOpQrStUv"),
        ("Authorization: Bearer ss_key.abc123", "abc123"),
        ("{'Authorization': 'AWS4-HMAC-SHA256 abc123'}", "abc123"),
        ("Cookie: session=abc123", "abc123"),
        ("password=abc123", "abc123"),
        ("secret_key: 'abc123'", "abc123"),
        ("cannot reach redis://:abc123@broker:6379/0", "abc123"),
        ("postgresql://sharesite:abc123@database/sharesite refused", "abc123"),
        ("X-Amz-Security-Token=abc123", "abc123"),
    ],
)
def test_secrets_are_removed(text: str, hidden: str) -> None:
    assert hidden not in without_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "3 of 5 objects deleted",
        "/share/short",
        "u/0123456789abcdef0123456789abcdef is kept",
        "botocore.exceptions.EndpointConnectionError: the server is away",
        "django.core.exceptions.MultipleObjectsReturned in shares.services.downloads.start.start_download",
        "Content-Security-Policy, Access-Control-Allow-Origin",
        "'/srv/sharesite/CompressedManifestStaticFilesStorage.py'",
        "GET /shares/ 200",
        "Redis is not answering (TimeoutError)",
    ],
)
def test_plain_text_is_unchanged(text: str) -> None:
    assert without_secrets(text) == text


def test_a_line_break_in_a_message_forges_no_line() -> None:
    record = logging.LogRecord("shares", logging.INFO, "", 0, "name %s", ("a\r\n2026 INFO shares all is well",), None)
    line = LineFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert line.endswith("Z INFO shares name a\\r\\n2026 INFO shares all is well")


@pytest.mark.django_db
def test_common_refusals_are_not_logged(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("/nowhere", f"/share/{'A' * 22}", "/?q=%00"):
        assert client.get(path).status_code in {404, 422}
    assert capsys.readouterr().err == ""
